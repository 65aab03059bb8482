#!/usr/bin/env bash
# Draws the clip that the demo's assisted person plays: crates/server/src/demo/clip.ivf and clip.ogg.
#
# Run by hand when the picture is to change, and commit what comes out. Everything moves with a
# period that divides the clip's length, so that it loops without a jump. A key frame every two
# seconds lets the player go on near where it is when somebody needs one.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SECONDS_LONG=8
FRAMES_PER_SECOND=20
OUT="$ROOT/crates/server/src/demo"
FONT=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
BOLD_FONT=/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf

need_commands ffmpeg=ffmpeg
[ -f "$FONT" ] || install_packages fonts-dejavu-core

gear() { # SIZE COLOUR ROTATION
  printf "color=c=black@0:s=%sx%s:r=$FRAMES_PER_SECOND,format=rgba,drawtext=fontfile=$FONT:text='⚙':fontsize=%s:fontcolor=%s:x=(w-text_w)/2:y=(h-text_h)/2,rotate=a='%s':c=none" \
    "$1" "$1" "$1" "$2" "$3"
}

scene="
color=c=0x1f272e:s=640x360:r=$FRAMES_PER_SECOND,
drawbox=x=0:y=300:w=640:h=60:c=0x3a4147:t=fill,
drawbox=x=60:y=50:w=520:h=250:c=0x54626d:t=fill,
drawbox=x=60:y=50:w=520:h=250:c=0x8a99a5:t=4,
drawbox=x=80:y=120:w=300:h=160:c=0x2c353d:t=fill,
drawbox=x=400:y=120:w=160:h=160:c=0x39434c:t=fill,
drawbox=x=418:y=212:w=124:h=26:c=0x20272d:t=fill,
drawtext=fontfile=$BOLD_FONT:text='PUMP 3':fontsize=30:fontcolor=0xe8eef2:x=84:y=70,
drawtext=fontfile=$FONT:text='FAULT':fontsize=20:fontcolor=0xe8eef2:x=452:y=132,
drawtext=fontfile=$FONT:text='●':fontsize=64:fontcolor=0x4a1512:x=(480-text_w/2):y=152,
drawtext=fontfile=$FONT:text='●':fontsize=64:fontcolor=0xff3b2f:x=(480-text_w/2):y=152:enable='lt(mod(t,1),0.5)',
drawtext=fontfile=$FONT:text='DEMO – simulated camera':fontsize=16:fontcolor=0xb9c4cc:x=62:y=322,
drawtext=fontfile=$BOLD_FONT:text='%{eif\\:n\\:d\\:3}':fontsize=28:fontcolor=0xe8eef2:x=536:y=314
[machine];
$(gear 130 0xc9d3da '2*PI*t/4')[large];
$(gear 90 0xe0a63c '-2*PI*t/2')[small];
color=c=0x9fb0bd:s=40x26:r=${FRAMES_PER_SECOND}[piston];
[machine][large]overlay=x=100:y=135[a];
[a][small]overlay=x=240:y=165[b];
[b][piston]overlay=x='460+40*sin(2*PI*t/2)':y=212,format=yuv420p[out]
"
sound="0.04*sin(2*PI*120*t)+0.03*sin(2*PI*240*t)+0.25*sin(2*PI*880*t)*lt(mod(t,1),0.15)"

say "Drawing the demo's clip"
ffmpeg -hide_banner -loglevel error -y -filter_complex "$scene" -map '[out]' -t "$SECONDS_LONG" \
  -c:v libvpx -b:v 170k -g $((2 * FRAMES_PER_SECOND)) -keyint_min $((2 * FRAMES_PER_SECOND)) \
  -quality good -cpu-used 0 -auto-alt-ref 0 -error-resilient 1 -f ivf "$OUT/clip.ivf"
ffmpeg -hide_banner -loglevel error -y -f lavfi -i "aevalsrc='$sound':s=48000:c=mono" -t "$SECONDS_LONG" \
  -c:a libopus -b:a 24k -frame_duration 20 -f ogg "$OUT/clip.ogg"
ls -l "$OUT"/clip.* >&2
