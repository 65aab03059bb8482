// A participant that is not ours: the official Go client in a room of the server under test, in its
// default mode of two peer connections.
//
// What it tells and which orders it takes is written down in clients/participant.ts. It publishes
// files, since it does not encode, and decodes key frames only.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

const (
	notes   = "notes"
	parcels = "parcels"
	// What `refuse` answers.
	refusal = lksdk.RpcErrorCode(1600)
	// Of the picture.
	width, height = 640, 360
)

type order struct {
	ID         int               `json:"id"`
	Order      string            `json:"order"`
	Topic      string            `json:"topic"`
	Text       string            `json:"text"`
	Reliable   bool              `json:"reliable"`
	To         []string          `json:"to"`
	Name       string            `json:"name"`
	Size       int               `json:"size"`
	Kind       string            `json:"kind"`
	Quality    string            `json:"quality"`
	Metadata   string            `json:"metadata"`
	Attributes map[string]string `json:"attributes"`
}

type participant struct {
	room      *lksdk.Room
	published map[string]*lksdk.LocalTrackPublication
}

func main() {
	url := flag.String("url", "", "of the signalling")
	token := flag.String("token", "", "of access")
	video := flag.String("video", "", "an IVF file of VP8")
	small := flag.String("small-video", "", "the same at half the size")
	audio := flag.String("audio", "", "an Ogg file of Opus, a packet a page")
	layers := flag.Bool("layers", false, "publish the picture at both sizes")
	flag.Parse()
	lksdk.SetLogger(logger.LogRLogger(logger.GetLogger().(logger.LogRLogger)))
	films := []string{*video}
	if *layers {
		films = []string{*small, *video}
	}
	if err := takePart(*url, *token, films, *audio); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func takePart(url, token string, films []string, audio string) error {
	var room *lksdk.Room
	room = lksdk.NewRoom(callbacks(func() string { return room.LocalParticipant.SID() }))
	if err := register(room); err != nil {
		return err
	}
	if err := room.JoinWithToken(url, token); err != nil {
		return fmt.Errorf("join: %w", err)
	}
	defer room.Disconnect()
	for _, who := range room.GetRemoteParticipants() {
		tell("joined", fields{"from": who.Identity(), "sid": who.SID()})
	}
	me := room.LocalParticipant
	tell("connected", fields{"identity": me.Identity(), "sid": me.SID()})
	self := &participant{room: room, published: map[string]*lksdk.LocalTrackPublication{}}
	if err := self.publish(films, audio); err != nil {
		return err
	}
	tell("published", nil)

	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var given order
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			return fmt.Errorf("order: %w", err)
		}
		text, err := self.obey(given)
		if err != nil {
			tell("failed", fields{"id": given.ID, "text": explain(err)})
			continue
		}
		tell("done", fields{"id": given.ID, "text": text})
	}
	return lines.Err()
}

func (p *participant) publish(films []string, audio string) error {
	me := p.room.LocalParticipant
	camera := &lksdk.TrackPublicationOptions{
		Name: "camera", Source: livekit.TrackSource_CAMERA, VideoWidth: width, VideoHeight: height,
	}
	var err error
	if p.published["video"], err = publishFilms(me, films, camera); err != nil {
		return fmt.Errorf("video: %w", err)
	}
	track, err := soundTrack(audio)
	if err != nil {
		return fmt.Errorf("audio: %w", err)
	}
	microphone := &lksdk.TrackPublicationOptions{Name: "microphone", Source: livekit.TrackSource_MICROPHONE}
	p.published["audio"], err = me.PublishTrack(track, microphone)
	return err
}

// publishFilms publishes one film, or the same at two sizes, the smaller first.
func publishFilms(
	me *lksdk.LocalParticipant, films []string, options *lksdk.TrackPublicationOptions,
) (*lksdk.LocalTrackPublication, error) {
	if len(films) == 1 {
		track, err := filmTrack(films[0])
		if err != nil {
			return nil, err
		}
		return me.PublishTrack(track, options)
	}
	layers := []*livekit.VideoLayer{
		{Quality: livekit.VideoQuality_LOW, Width: width / 2, Height: height / 2, Bitrate: 200_000},
		{Quality: livekit.VideoQuality_MEDIUM, Width: width, Height: height, Bitrate: 800_000},
	}
	var tracks []*lksdk.LocalTrack
	for at, film := range films {
		track, err := filmTrack(film, lksdk.WithSimulcast("camera", layers[at]))
		if err != nil {
			return nil, err
		}
		tracks = append(tracks, track)
	}
	return me.PublishSimulcastTrack(tracks, options)
}

func (p *participant) obey(given order) (any, error) {
	me := p.room.LocalParticipant
	switch given.Order {
	case "data":
		return nil, me.PublishDataPacket(
			&lksdk.UserDataPacket{Payload: []byte(given.Text), Topic: given.Topic},
			lksdk.WithDataPublishReliable(given.Reliable),
			lksdk.WithDataPublishDestination(given.To),
		)
	case "call":
		answer, err := me.PerformRpc(lksdk.PerformRpcParams{
			DestinationIdentity: given.To[0], Method: given.Topic, Payload: given.Text,
		})
		return answer, err
	case "text":
		me.SendText(given.Text, lksdk.StreamTextOptions{Topic: notes, DestinationIdentities: given.To})
		return nil, nil
	case "bytes":
		writer := me.StreamBytes(lksdk.StreamBytesOptions{
			Topic: parcels, DestinationIdentities: given.To, FileName: &given.Name, TotalSize: uint64(given.Size),
		})
		content := make([]byte, given.Size)
		for at := range content {
			content[at] = byte(at * 7 % 251)
		}
		close := writer.Close
		writer.Write(content, &close)
		return nil, nil
	case "mute", "unmute":
		p.published[given.Kind].SetMuted(given.Order == "mute")
		return nil, nil
	case "quality":
		return nil, p.setQuality(given.Quality)
	case "describe":
		me.SetName(given.Name)
		me.SetMetadata(given.Metadata)
		me.SetAttributes(given.Attributes)
		return nil, nil
	default:
		return nil, fmt.Errorf("no such order: %s", given.Order)
	}
}

func (p *participant) setQuality(quality string) error {
	wanted := livekit.VideoQuality_HIGH
	if quality == "low" {
		wanted = livekit.VideoQuality_LOW
	}
	for _, who := range p.room.GetRemoteParticipants() {
		for _, publication := range who.TrackPublications() {
			remote, ok := publication.(*lksdk.RemoteTrackPublication)
			if !ok || remote.Kind() != lksdk.TrackKindVideo {
				continue
			}
			if err := remote.SetVideoQuality(wanted); err != nil {
				return err
			}
		}
	}
	return nil
}

func explain(err error) string {
	if refused, ok := err.(*lksdk.RpcError); ok {
		return fmt.Sprintf("%d %s", refused.Code, refused.Message)
	}
	return err.Error()
}

func nowMs() float64 { return float64(time.Now().UnixMicro()) / 1000 }
