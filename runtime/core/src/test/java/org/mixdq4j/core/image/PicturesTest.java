package org.mixdq4j.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.error.MixdqException;

class PicturesTest {
    @TempDir
    Path folder;

    private static BufferedImage picture(int type) {
        BufferedImage image = new BufferedImage(24, 16, type);
        for (int y = 0; y < 16; y++) {
            for (int x = 0; x < 24; x++) {
                int grey = 8 * x + 3 * y;
                if (type == BufferedImage.TYPE_BYTE_GRAY) {
                    image.getRaster().setSample(x, y, 0, grey);
                } else {
                    image.setRGB(x, y, 0xff000000 | grey << 16 | 200 - 5 * y << 8 | 255 - grey);
                }
            }
        }
        return image;
    }

    private Path write(String name, BufferedImage image, String format, boolean progressive) throws IOException {
        Path file = folder.resolve(name);
        ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
        ImageWriteParam parameters = writer.getDefaultWriteParam();
        if (progressive) {
            parameters.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
        }
        if (format.equals("jpeg")) {
            parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            parameters.setCompressionQuality(1);
        }
        try (ImageOutputStream out = ImageIO.createImageOutputStream(file.toFile())) {
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), parameters);
        }
        writer.dispose();
        return file;
    }

    private static void requireAlike(RgbImage read, BufferedImage drawn, int tolerance) {
        assertThat(read.width()).isEqualTo(24);
        assertThat(read.height()).isEqualTo(16);
        boolean grey = drawn.getRaster().getNumBands() == 1;
        for (int y = 0; y < 16; y++) {
            for (int x = 0; x < 24; x++) {
                for (int channel = 0; channel < 3; channel++) {
                    int expected = drawn.getRaster().getSample(x, y, grey ? 0 : channel);
                    int found = read.rgb()[(y * 24 + x) * 3 + channel] & 0xff;
                    assertThat(Math.abs(found - expected))
                            .as("%d, %d, channel %d", x, y, channel)
                            .isLessThanOrEqualTo(tolerance);
                }
            }
        }
    }

    @Test
    void jpegs() throws IOException {
        BufferedImage colour = picture(BufferedImage.TYPE_INT_RGB);
        BufferedImage grey = picture(BufferedImage.TYPE_BYTE_GRAY);
        requireAlike(Pictures.decode(write("a.jpg", colour, "jpeg", false)), colour, 24);
        requireAlike(Pictures.decode(write("b.JPEG", colour, "jpeg", true)), colour, 24);
        requireAlike(Pictures.decode(write("c.jpg", grey, "jpeg", false)), grey, 3);
    }

    @Test
    void interlacedPngs() throws IOException {
        for (int type :
                new int[] {BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_INT_ARGB, BufferedImage.TYPE_BYTE_GRAY}) {
            BufferedImage image = picture(type);
            Path file = write(type + ".png", image, "png", true);
            assertThat(Files.readAllBytes(file)[28]).isEqualTo((byte) 1);
            requireAlike(Pictures.decode(file), image, 0);
        }
    }

    @Test
    void otherPngsAreReadAsEver() {
        RgbImage image = RgbImage.filled(3, 2, 0x336699);
        Png.save(folder.resolve("x.png"), image, Map.of());
        assertThat(Pictures.decode(folder.resolve("x.png"))).isEqualTo(image);
    }

    @Test
    void whatIsNoPictureIsRefused() throws IOException {
        Path cut = folder.resolve("cut.jpg");
        byte[] whole = Files.readAllBytes(write("whole.jpg", picture(BufferedImage.TYPE_INT_RGB), "jpeg", false));
        Files.write(cut, java.util.Arrays.copyOf(whole, 40));
        assertThatThrownBy(() -> Pictures.decode(cut))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("cut.jpg is a damaged JPEG");
        assertThatThrownBy(() -> Pictures.decode(folder.resolve("none.png")))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("No picture at");
        Files.writeString(folder.resolve("text.jpg"), "not a picture");
        assertThatThrownBy(() -> Pictures.decode(folder.resolve("text.jpg"))).isInstanceOf(MixdqException.class);
    }
}
