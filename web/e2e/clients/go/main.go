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
	audio := flag.String("audio", "", "an Ogg file of Opus, a packet a page")
	flag.Parse()
	lksdk.SetLogger(logger.LogRLogger(logger.GetLogger().(logger.LogRLogger)))
	if err := takePart(*url, *token, *video, *audio); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func takePart(url, token, video, audio string) error {
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
	if err := self.publish(video, audio); err != nil {
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

func (p *participant) publish(video, audio string) error {
	tracks := []struct {
		kind   string
		source livekit.TrackSource
		open   func() (*lksdk.LocalTrack, error)
	}{
		{"video", livekit.TrackSource_CAMERA, func() (*lksdk.LocalTrack, error) { return filmTrack(video) }},
		{"audio", livekit.TrackSource_MICROPHONE, func() (*lksdk.LocalTrack, error) { return soundTrack(audio) }},
	}
	for _, one := range tracks {
		track, err := one.open()
		if err != nil {
			return fmt.Errorf("%s: %w", one.kind, err)
		}
		options := &lksdk.TrackPublicationOptions{Name: one.kind, Source: one.source}
		if one.kind == "video" {
			options.VideoWidth, options.VideoHeight = 640, 360
		}
		publication, err := p.room.LocalParticipant.PublishTrack(track, options)
		if err != nil {
			return fmt.Errorf("publish %s: %w", one.kind, err)
		}
		p.published[one.kind] = publication
	}
	return nil
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
	case "describe":
		me.SetName(given.Name)
		me.SetMetadata(given.Metadata)
		me.SetAttributes(given.Attributes)
		return nil, nil
	default:
		return nil, fmt.Errorf("no such order: %s", given.Order)
	}
}

func explain(err error) string {
	if refused, ok := err.(*lksdk.RpcError); ok {
		return fmt.Sprintf("%d %s", refused.Code, refused.Message)
	}
	return err.Error()
}

func nowMs() float64 { return float64(time.Now().UnixMicro()) / 1000 }
