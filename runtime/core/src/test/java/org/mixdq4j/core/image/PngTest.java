package org.mixdq4j.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PngTest {
    private static final Path REFERENCE =
            Path.of(System.getProperty("mixdq.root"), "util_files/reference/tiny-sdxl-turbo");

    @TempDir
    Path folder;

    @BeforeAll
    static void headless() {
        System.setProperty("java.awt.headless", "true");
        ImageIO.setUseCache(false);
    }

    static RgbImage noise(int width, int height, int seed) {
        Random random = new Random(seed);
        byte[] rgb = new byte[3 * width * height];
        for (int y = 0; y < height; y++) {
            for (int i = 0; i < 3 * width; i++) {
                int smooth = y * 3 + i;
                rgb[y * 3 * width + i] = (byte) (seed % 2 == 0 ? random.nextInt() : smooth + random.nextInt(3));
            }
        }
        return new RgbImage(width, height, rgb);
    }

    private static RgbImage viaImageIo(byte[] png) throws Exception {
        BufferedImage read = ImageIO.read(new ByteArrayInputStream(png));
        return rgb(read);
    }

    private static RgbImage rgb(BufferedImage read) {
        byte[] rgb = new byte[3 * read.getWidth() * read.getHeight()];
        for (int y = 0, i = 0; y < read.getHeight(); y++) {
            for (int x = 0; x < read.getWidth(); x++) {
                int colour = read.getRGB(x, y);
                rgb[i++] = (byte) (colour >> 16);
                rgb[i++] = (byte) (colour >> 8);
                rgb[i++] = (byte) colour;
            }
        }
        return new RgbImage(read.getWidth(), read.getHeight(), rgb);
    }

    private Path save(byte[] bytes) throws Exception {
        return Files.write(folder.resolve("picture.png"), bytes);
    }

    @ParameterizedTest
    @CsvSource({"1,1,0", "1,9,1", "9,1,2", "96,96,3", "67,131,4", "200,50,5"})
    void decodeInvertsEncodeAndImageIoAgrees(int width, int height, int seed) throws Exception {
        RgbImage image = noise(width, height, seed);
        byte[] png = Png.encode(image, Map.of());
        assertThat(Png.decode(save(png))).isEqualTo(image);
        assertThat(viaImageIo(png)).isEqualTo(image);
        assertThat(Png.encode(image, Map.of())).isEqualTo(png);
    }

    static Stream<Path> referencePictures() throws Exception {
        return Files.list(REFERENCE).filter(f -> f.toString().endsWith(".png")).sorted();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("referencePictures")
    void decodesTheReferencePicturesLikeImageIo(Path file) throws Exception {
        RgbImage image = Png.decode(file);
        assertThat(image).isEqualTo(viaImageIo(Files.readAllBytes(file)));
        assertThat(Png.decode(save(Png.encode(image, Map.of())))).isEqualTo(image);
    }

    @Test
    void theReferencePicturesAreThere() throws Exception {
        assertThat(referencePictures()).hasSize(8);
    }

    @Test
    void smoothPicturesCompress() {
        RgbImage smooth = noise(96, 96, 3);
        assertThat(Png.encode(smooth, Map.of()).length).isLessThan(smooth.rgb().length / 2);
    }

    @Test
    void textSurvivesInKeywordOrderWhateverItsCharacters() throws Exception {
        String long8k = "a cat, caf\u00e9\n".repeat(800);
        byte[] png = Png.encode(
                noise(4, 4, 1),
                Map.of("parameters", long8k, "Title", "\u732b \ud83d\ude00\ttab", "Empty", "", "Nul", "a\0b"));
        Map<String, String> text = Png.text(save(png));
        assertThat(text.keySet()).containsExactly("Empty", "Nul", "Title", "parameters");
        assertThat(text)
                .containsEntry("parameters", long8k)
                .containsEntry("Title", "\u732b \ud83d\ude00\ttab")
                .containsEntry("Empty", "")
                .containsEntry("Nul", "a\ufffdb");
        String raw = new String(png, StandardCharsets.ISO_8859_1);
        assertThat(raw).contains("tEXtparameters\0a cat, caf\u00e9").contains("iTXtTitle\0\0\0\0\0");
        assertThat(viaImageIo(png)).isEqualTo(noise(4, 4, 1));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Png.write(out, noise(4, 4, 1), Map.of("k", "v"));
        assertThat(out.toByteArray()).isEqualTo(Png.encode(noise(4, 4, 1), Map.of("k", "v")));
    }

    @Test
    void refusesKeywordsThatTheFormatCannotHold() {
        for (String keyword : new String[] {"", " x", "x".repeat(80), "\u732b", "a\0b"}) {
            assertThatThrownBy(() -> Png.encode(noise(1, 1, 0), Map.of(keyword, "")))
                    .as(keyword)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "3", "4", "10", "12", "13", "2", "6"})
    void readsEveryColourTypeLikeImageIo(int type) throws Exception {
        // Types of BufferedImage: 1 and 4 RGB, 2 and 6 RGBA, 3 premultiplied, 10 and 12 grey and black and white, 13
        // palette.
        BufferedImage source = new BufferedImage(37, 11, type);
        Random random = new Random(type);
        for (int y = 0; y < 11; y++) {
            for (int x = 0; x < 37; x++) {
                source.setRGB(x, y, 0xff000000 | random.nextInt());
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(source, "png", out);
        RgbImage expected = rgb(source);
        if (type == BufferedImage.TYPE_BYTE_GRAY) {
            // getRGB goes through a linear grey colour space; the file's samples are the raster's.
            byte[] grey = new byte[3 * 37 * 11];
            for (int i = 0; i < grey.length; i++) {
                grey[i] = (byte) source.getRaster().getSample(i / 3 % 37, i / 3 / 37, 0);
            }
            expected = new RgbImage(37, 11, grey);
        }
        assertThat(Png.decode(save(out.toByteArray()))).isEqualTo(expected);
    }
}
