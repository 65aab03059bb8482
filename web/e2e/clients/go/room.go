package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"sync"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
)

type fields map[string]any

var output sync.Mutex

// tell writes one line; the event comes first.
func tell(event string, more fields) {
	rest, err := json.Marshal(more)
	if err != nil {
		panic(err)
	}
	line := `{"event":"` + event + `"`
	if len(more) > 0 {
		line += "," + string(rest[1:])
	} else {
		line += "}"
	}
	output.Lock()
	defer output.Unlock()
	os.Stdout.WriteString(line + "\n")
}

// callbacks tells what happens in a room. `sid` gives our own.
func callbacks(sid func() string) *lksdk.RoomCallback {
	return &lksdk.RoomCallback{
		OnParticipantConnected: func(who *lksdk.RemoteParticipant) {
			tell("joined", fields{"from": who.Identity(), "sid": who.SID()})
		},
		OnParticipantDisconnected: func(who *lksdk.RemoteParticipant) {
			tell("left", fields{"from": who.Identity(), "sid": who.SID()})
		},
		OnReconnecting: func() { tell("reconnecting", nil) },
		OnReconnected:  func() { tell("reconnected", fields{"sid": sid()}) },
		OnDisconnectedWithReason: func(reason lksdk.DisconnectionReason) {
			tell("disconnected", fields{"reason": string(reason)})
		},
		ParticipantCallback: lksdk.ParticipantCallback{
			OnTrackSubscribed: func(track *webrtc.TrackRemote, publication *lksdk.RemoteTrackPublication, who *lksdk.RemoteParticipant) {
				kind := string(publication.Kind())
				isEncrypted := publication.TrackInfo().GetEncryption() != 0
				tell("subscribed", fields{"from": who.Identity(), "kind": kind, "is_encrypted": isEncrypted})
				if kind == "video" {
					go watch(track, who.Identity())
				} else {
					go listen(track, who.Identity())
				}
			},
			OnTrackUnsubscribed: func(_ *webrtc.TrackRemote, publication *lksdk.RemoteTrackPublication, who *lksdk.RemoteParticipant) {
				tell("unsubscribed", fields{"from": who.Identity(), "kind": string(publication.Kind())})
			},
			OnTrackMuted: func(publication lksdk.TrackPublication, who lksdk.Participant) {
				tell("muted", fields{"from": who.Identity(), "kind": string(publication.Kind())})
			},
			OnTrackUnmuted: func(publication lksdk.TrackPublication, who lksdk.Participant) {
				tell("unmuted", fields{"from": who.Identity(), "kind": string(publication.Kind())})
			},
			OnMetadataChanged:   func(_ string, who lksdk.Participant) { describe(who) },
			OnAttributesChanged: func(_ map[string]string, who lksdk.Participant) { describe(who) },
			OnDataPacket: func(data lksdk.DataPacket, from lksdk.DataReceiveParams) {
				if user, ok := data.(*lksdk.UserDataPacket); ok {
					tell("data", fields{"from": from.SenderIdentity, "topic": user.Topic, "text": string(user.Payload)})
				}
			},
		},
	}
}

func describe(who lksdk.Participant) {
	tell("described", fields{
		"from": who.Identity(), "name": who.Name(), "metadata": who.Metadata(), "attributes": who.Attributes(),
	})
}

// register says what is done with calls and streams.
func register(room *lksdk.Room) error {
	for _, method := range []string{"echo", "refuse"} {
		answer := func(call lksdk.RpcInvocationData) (string, error) {
			tell("called", fields{"from": call.CallerIdentity, "topic": method, "text": call.Payload})
			if method == "refuse" {
				return "", lksdk.NewRpcError(refusal, "not today", &call.Payload)
			}
			return strings.ToUpper(call.Payload), nil
		}
		if err := room.RegisterRpcMethod(method, answer); err != nil {
			return err
		}
	}
	readText := func(reader *lksdk.TextStreamReader, from string) {
		tell("text", fields{"from": from, "text": reader.ReadAll()})
	}
	if err := room.RegisterTextStreamHandler(notes, readText); err != nil {
		return err
	}
	return room.RegisterByteStreamHandler(parcels, func(reader *lksdk.ByteStreamReader, from string) {
		content := reader.ReadAll()
		digest := sha256.Sum256(content)
		name := ""
		if reader.Info.Name != nil {
			name = *reader.Info.Name
		}
		tell("bytes", fields{"from": from, "name": name, "size": len(content), "sha256": hex.EncodeToString(digest[:])})
	})
}
