#!/bin/sh
# make.sh JDK JARS FOLDER: the folder that runs on a machine with a GPU and no Java, and FOLDER.tar.xz. Started by Maven.
set -eu
jdk=$1 jars=$2 folder=$3
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")

rm -rf "$folder" "$folder.tar.xz"
mkdir -p "$folder/lib" "$folder/scripts" "$folder/util_files/models"
cp "$jars"/*.jar "$folder/lib"
# Natives that are not needed: libraries of CUDA besides the driver's and NVRTC's, tokenizers of other platforms.
for jar in "$folder"/lib/cuda-*-linux-x86_64.jar; do
  zip -q -d "$jar" 'META-INF/native-image/*' $(unzip -Z1 "$jar" | grep '\.so$' | grep -vE 'libjni(cudart|nvrtc)\.so$')
done
for jar in "$folder"/lib/tokenizers-*.jar; do
  zip -q -d "$jar" 'native/lib/linux-aarch64/*' 'native/lib/osx-*' 'native/lib/win-*'
done
# java.desktop writes PNG.
"$jdk/bin/jlink" --add-modules java.base,java.compiler,java.desktop,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml,jdk.unsupported,jdk.zipfs \
  --output "$folder/java" --strip-debug --no-header-files --no-man-pages --compress=0
cp -r "$root/util_files/models/tiny-sdxl-turbo" "$root/util_files/models/tiny-sd3" "$folder/util_files/models"
cp "$root/scripts/gpu_check.sh" "$root/scripts/gpu_baseline.py" "$folder/scripts"
cp "$root/docs/gpu.md" "$root/LICENSE" "$folder"
cp "$here/src/main/image/mixdq" "$folder"
chmod +x "$folder/mixdq" "$folder/scripts/gpu_check.sh"
(cd "$(dirname "$folder")" && XZ_OPT=-6 tar -cJf "$folder.tar.xz" "$(basename "$folder")")
size=$(stat -c %s "$folder.tar.xz")
echo "$folder.tar.xz: $((size / 1048576)) MiB"
if [ "$size" -gt $((55 * 1048576)) ]; then
  echo "The bundle has more than 55 MiB: leave something out." >&2
  exit 1
fi
