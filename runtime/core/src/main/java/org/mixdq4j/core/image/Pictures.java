package org.mixdq4j.core.image;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.mixdq4j.core.error.MixdqException;

/** Pictures that others made: PNG of every kind and baseline or progressive JPEG. Reading alone; what we write is {@link Png}. */
public final class Pictures {
    private Pictures() {}

    /** Whether the name of a file ends like one of these kinds. */
    public static boolean isNamedSo(Path file) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT).matches(".*\\.(png|jpe?g)");
    }

    /**
     * Reads a picture as RGB: grey and palette are expanded, alpha is dropped, 16-bit samples keep their upper byte. Samples are
     * taken as they are stored: no colour profile is applied and no orientation, as tools that compute FID do.
     *
     * @throws MixdqException if the file is missing, neither PNG nor JPEG, or damaged
     */
    public static RgbImage decode(Path file) {
        byte[] bytes;
        try {
            bytes = Files.isRegularFile(file) ? Files.readAllBytes(file) : new byte[0];
        } catch (IOException e) {
            throw new MixdqException("Picture " + file + " cannot be read (" + e.getMessage() + ").", e);
        }
        boolean jpeg = bytes.length > 2 && bytes[0] == (byte) 0xff && bytes[1] == (byte) 0xd8;
        return jpeg || isInterlaced(bytes) ? byImageIo(file, bytes, jpeg) : Png.decode(file);
    }

    private static boolean isInterlaced(byte[] png) {
        // Signature, length and type of the header, and twelve bytes of it stand before that field.
        return png.length > 28 && png[0] == (byte) 0x89 && png[1] == 'P' && png[28] == 1;
    }

    private static RgbImage byImageIo(Path file, byte[] bytes, boolean jpeg) {
        BufferedImage image;
        try {
            ImageIO.setUseCache(false);
            image = ImageIO.read(new ByteArrayInputStream(bytes));
        } catch (IOException | RuntimeException e) {
            throw damaged(file, jpeg, e);
        }
        if (image == null || image.getRaster().getNumBands() > 4) {
            throw damaged(file, jpeg, null);
        }
        return rgb(image);
    }

    private static MixdqException damaged(Path file, boolean jpeg, Exception e) {
        return new MixdqException(
                "Picture " + file + " is a damaged " + (jpeg ? "JPEG, or one in CMYK" : "PNG")
                        + (e == null ? "" : " (" + e.getMessage() + ")") + "; save it again as PNG.",
                e);
    }

    private static RgbImage rgb(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        byte[] rgb = new byte[width * height * 3];
        Raster raster = image.getRaster();
        boolean palette = image.getColorModel() instanceof IndexColorModel;
        boolean colour = raster.getNumBands() >= 3;
        int shift = Math.max(0, raster.getSampleModel().getSampleSize(0) - 8);
        int[] pixel = new int[4];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int at = (y * width + x) * 3;
                raster.getPixel(x, y, pixel);
                for (int channel = 0; channel < 3; channel++) {
                    rgb[at + channel] = (byte)
                            (palette ? image.getRGB(x, y) >> (16 - 8 * channel) : pixel[colour ? channel : 0] >> shift);
                }
            }
        }
        return new RgbImage(width, height, rgb);
    }
}
