package org.mixdq4j.core.image;

import java.util.Arrays;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.tensor.Tensor;

/**
 * An 8-bit RGB picture.
 *
 * @param width columns, at least 1
 * @param height rows, at least 1
 * @param rgb {@code height x width x 3} bytes, row-major, interleaved; kept, not copied
 */
public record RgbImage(int width, int height, byte[] rgb) {
    public RgbImage {
        if (width < 1 || height < 1 || rgb.length != 3L * width * height) {
            throw new IllegalArgumentException(
                    rgb.length + " bytes are not a " + width + "x" + height + " RGB picture");
        }
    }

    /**
     * Rounds a picture of floats in 0..1 the way diffusers does before it saves one: clamp, times 255, round half to even.
     *
     * @param hwc {@code height x width x 3} floats, row-major, interleaved
     * @throws MixdqException if a value is NaN, which would otherwise end as a black spot or an all-black picture
     */
    public static RgbImage ofUnit(float[] hwc, int height, int width) {
        if (hwc.length != 3L * height * width) {
            throw new IllegalArgumentException(
                    hwc.length + " floats are not a " + width + "x" + height + " RGB picture");
        }
        byte[] rgb = new byte[hwc.length];
        for (int i = 0; i < hwc.length; i++) {
            float value = hwc[i];
            if (Float.isNaN(value)) {
                int pixel = i / 3;
                throw new MixdqException("The picture holds NaN at x " + pixel % width + ", y " + pixel / width
                        + " where a number in 0..1 was expected: a network overflowed; run it at higher precision.");
            }
            rgb[i] = (byte) (int) Math.rint(Math.max(0f, Math.min(1f, value)) * 255f);
        }
        return new RgbImage(width, height, rgb);
    }

    /** {@link #ofUnit(float[], int, int)} of a tensor [height, width, 3]. */
    public static RgbImage ofUnit(Tensor image) {
        return ofUnit(image.toFloatArray(), image.shape().dim(0), image.shape().dim(1));
    }

    /** A picture of one colour, {@code 0xRRGGBB}. */
    public static RgbImage filled(int width, int height, int colour) {
        byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i] = (byte) (colour >> 16);
            rgb[i + 1] = (byte) (colour >> 8);
            rgb[i + 2] = (byte) colour;
        }
        return new RgbImage(width, height, rgb);
    }

    /** {@code height x width x 3} floats: each byte over 255. */
    public float[] toUnit() {
        float[] unit = new float[rgb.length];
        for (int i = 0; i < rgb.length; i++) {
            unit[i] = (rgb[i] & 0xff) / 255f;
        }
        return unit;
    }

    /** The colour {@code 0xRRGGBB} at column {@code x} of row {@code y}, both from 0 at the top left. */
    public int pixel(int x, int y) {
        if (x < 0 || x >= width || y < 0 || y >= height) {
            throw new IndexOutOfBoundsException("(" + x + ", " + y + ") in a " + width + "x" + height + " picture");
        }
        int i = 3 * (y * width + x);
        return (rgb[i] & 0xff) << 16 | (rgb[i + 1] & 0xff) << 8 | rgb[i + 2] & 0xff;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RgbImage that && width == that.width && Arrays.equals(rgb, that.rgb);
    }

    @Override
    public int hashCode() {
        return 31 * width + Arrays.hashCode(rgb);
    }

    @Override
    public String toString() {
        return "RgbImage[" + width + "x" + height + "]";
    }
}
