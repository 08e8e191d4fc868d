package org.mixdq4j.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.error.MixdqException;

class DamagedPngTest {
    @TempDir
    Path folder;

    private static byte[] png(Consumer<ByteArrayOutputStream> chunks) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PngChunks.appendSignature(out);
        chunks.accept(out);
        PngChunks.append(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    private static byte[] header(int width, int height, int depth, int type, int interlace) {
        return ByteBuffer.allocate(13)
                .putInt(width)
                .putInt(height)
                .put(new byte[] {(byte) depth, (byte) type, 0, 0, (byte) interlace})
                .array();
    }

    private static byte[] deflate(byte[] bytes) {
        Deflater deflater = new Deflater();
        deflater.setInput(bytes);
        deflater.finish();
        byte[] buffer = new byte[4096];
        int count = deflater.deflate(buffer);
        deflater.end();
        return Arrays.copyOf(buffer, count);
    }

    private void refused(byte[] bytes, String... contains) throws Exception {
        Path file = Files.write(folder.resolve("x.png"), bytes);
        assertThatThrownBy(() -> Png.decode(file))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll(contains)
                .hasMessageContaining("x.png");
    }

    @Test
    void everyCutOfAFileIsReported() throws Exception {
        byte[] whole = Png.encode(PngTest.noise(7, 5, 1), Map.of("parameters", "a cat"));
        for (int length = 1; length < whole.length; length++) {
            refused(Arrays.copyOf(whole, length), length < 8 ? "ends" : "cut short");
        }
        assertThat(Png.decode(Files.write(folder.resolve("x.png"), whole))).isEqualTo(PngTest.noise(7, 5, 1));
    }

    @Test
    void everyFlippedByteIsReported() throws Exception {
        byte[] whole = Png.encode(PngTest.noise(3, 3, 1), Map.of());
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= 0x10;
            refused(damaged, "PNG");
        }
    }

    @Test
    void saysWhatIsWrong() throws Exception {
        refused(new byte[0], "not a PNG file", "empty");
        refused("JFIF whatever".getBytes(StandardCharsets.US_ASCII), "not a PNG file", "signature");
        refused(png(out -> {}), "IHDR");
        refused(png(out -> PngChunks.append(out, "IHDR", header(0, 4, 8, 2, 0))), "0x4");
        refused(png(out -> PngChunks.append(out, "IHDR", header(4, 4, 7, 2, 0))), "bit depth 7");
        refused(png(out -> PngChunks.append(out, "IHDR", header(4, 4, 8, 2, 1))), "interlaced");
        refused(png(out -> PngChunks.append(out, "IHDR", header(40000, 40000, 8, 2, 0))), "cut short");
        refused(
                png(out -> {
                    PngChunks.append(out, "IHDR", header(1, 1, 8, 2, 0));
                    PngChunks.append(out, "IDAT", deflate(new byte[] {0, 1}));
                }),
                "end after 2 of 4 bytes");
        refused(
                png(out -> {
                    PngChunks.append(out, "IHDR", header(1, 1, 8, 2, 0));
                    PngChunks.append(out, "IDAT", deflate(new byte[] {9, 1, 2, 3}));
                }),
                "unknown filter 9");
        refused(
                png(out -> {
                    PngChunks.append(out, "IHDR", header(1, 1, 8, 3, 0));
                    PngChunks.append(out, "PLTE", new byte[] {1, 2, 3});
                    PngChunks.append(out, "IDAT", deflate(new byte[] {0, 1}));
                }),
                "palette entry 1 of 1");
    }

    @Test
    void namesAMissingFileAndAFolder() {
        assertThatThrownBy(() -> Png.decode(folder.resolve("none.png"))).hasMessageContaining("No picture at");
        assertThatThrownBy(() -> Png.text(folder)).hasMessageContaining("is a folder");
    }

    @Test
    void readsCompressedTextAndReportsItsDamage() throws Exception {
        byte[] packed = deflate("caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
        byte[] packed8 = deflate("\u732b".getBytes(StandardCharsets.UTF_8));
        byte[] bytes = png(out -> {
            PngChunks.append(out, "zTXt", concat("z\0\0", packed));
            PngChunks.append(out, "iTXt", concat("i\0\1\0de\0translated\0", packed8));
            PngChunks.append(out, "iTXt", concat("z\0\0\0\0\0", new byte[] {'2'}));
        });
        assertThat(Png.text(Files.write(folder.resolve("t.png"), bytes)))
                .isEqualTo(Map.of("z", "caf\u00e9", "i", "\u732b"));
        for (String broken : new String[] {"tEXtno end", "iTXtk\0\1\0", "zTXtk\0\0nonsense", "zTXtk\0\0", "zTXtk\0"}) {
            byte[] bad = png(out -> PngChunks.append(
                    out, broken.substring(0, 4), broken.substring(4).getBytes(StandardCharsets.ISO_8859_1)));
            Path file = Files.write(folder.resolve("t.png"), bad);
            assertThatThrownBy(() -> Png.text(file))
                    .as(broken)
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContaining("damaged");
        }
    }

    private static byte[] concat(String head, byte[] tail) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(head.getBytes(StandardCharsets.ISO_8859_1));
        out.writeBytes(tail);
        return out.toByteArray();
    }
}
