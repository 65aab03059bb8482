package main

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"os"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"github.com/pion/webrtc/v4/pkg/media/ivfreader"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"
	"golang.org/x/image/vp8"
)

const (
	frameTime  = time.Second / 30
	packetTime = 20 * time.Millisecond
	// As often as the clients that decode tell what they have heard: 8,192 samples.
	packetsPerWindow = 9
	// The counter's panel in the picture: see harness/picture.ts.
	cells     = 4
	cell      = 0.06
	checkMask = 0b1010
)

// loop delivers the same samples over and over.
type loop struct {
	lksdk.BaseSampleProvider
	samples  [][]byte
	duration time.Duration
	next     int
}

func (l *loop) NextSample(context.Context) (media.Sample, error) {
	sample := media.Sample{Data: l.samples[l.next%len(l.samples)], Duration: l.duration}
	l.next++
	return sample, nil
}

func filmTrack(path string, options ...lksdk.LocalTrackOptions) (*lksdk.LocalTrack, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	reader, _, err := ivfreader.NewWith(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	var frames [][]byte
	for {
		frame, _, err := reader.ParseNextFrame()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		frames = append(frames, frame)
	}
	return looped(webrtc.MimeTypeVP8, 90_000, frames, frameTime, options...)
}

func soundTrack(path string) (*lksdk.LocalTrack, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	reader, _, err := oggreader.NewWith(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	var packets [][]byte
	for {
		page, _, err := reader.ParseNextPage()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if !bytes.HasPrefix(page, []byte("OpusTags")) {
			packets = append(packets, page)
		}
	}
	return looped(webrtc.MimeTypeOpus, 48_000, packets, packetTime)
}

func looped(
	mime string, clockRate uint32, samples [][]byte, duration time.Duration, options ...lksdk.LocalTrackOptions,
) (*lksdk.LocalTrack, error) {
	capability := webrtc.RTPCodecCapability{MimeType: mime, ClockRate: clockRate}
	if mime == webrtc.MimeTypeOpus {
		capability.Channels = 2
	}
	track, err := lksdk.NewLocalTrack(capability, options...)
	if err != nil {
		return nil, err
	}
	return track, track.StartWrite(&loop{samples: samples, duration: duration}, func() {})
}

// watch tells each frame whose packets are all there, and reads the counter from key frames.
func watch(track *webrtc.TrackRemote, from string) {
	var frame []byte
	var before uint16
	isWhole := false
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		if len(packet.Payload) == 0 {
			continue
		}
		var part codecs.VP8Packet
		payload, err := part.Unmarshal(packet.Payload)
		if err != nil {
			continue
		}
		isFirst := part.S == 1 && part.PID == 0
		if isFirst {
			frame, isWhole = nil, true
		} else if packet.SequenceNumber != before+1 {
			isWhole = false
		}
		before = packet.SequenceNumber
		frame = append(frame, payload...)
		if packet.Marker && isWhole {
			tell("video", seen(frame, from))
			isWhole = false
		}
	}
}

func seen(frame []byte, from string) fields {
	told := fields{"from": from, "at_ms": nowMs()}
	decoder := vp8.NewDecoder()
	decoder.Init(bytes.NewReader(frame), len(frame))
	header, err := decoder.DecodeFrameHeader()
	if err != nil || !header.KeyFrame {
		return told
	}
	told["width"] = header.Width
	if picture, err := decoder.DecodeFrame(); err == nil {
		if counter, ok := counterIn(picture); ok {
			told["counter"] = counter
		}
	}
	return told
}

func counterIn(picture *image.YCbCr) (int, bool) {
	size := picture.Rect.Size()
	side := cell * float64(min(size.X, size.Y))
	left, top := float64(size.X)/2-cells/2*side, float64(size.Y)/2-cells/2*side
	bits := 0
	for index := range cells * cells {
		x := int(left + (float64(index%cells)+0.5)*side)
		y := int(top + (float64(index/cells)+0.5)*side)
		bits <<= 1
		if picture.Y[picture.YOffset(x, y)] >= 128 {
			bits |= 1
		}
	}
	counter := bits >> 4
	return counter, (counter^counter>>4^counter>>8^checkMask)&0xF == bits&0xF
}

func listen(track *webrtc.TrackRemote, from string) {
	for packets := 1; ; packets++ {
		if _, _, err := track.ReadRTP(); err != nil {
			return
		}
		if packets%packetsPerWindow == 0 {
			tell("audio", fields{"from": from})
		}
	}
}
