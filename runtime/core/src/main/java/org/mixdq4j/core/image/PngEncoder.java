package org.mixdq4j.core.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.Deflater;

/** Writes 8-bit RGB: per row the filter with the least sum of absolute differences, one IDAT. */
final class PngEncoder {
    private static final int LEVEL = 6;

    private PngEncoder() {}

    static byte[] encode(RgbImage image, Map<String, String> text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(image.rgb().length / 2 + 256);
        PngChunks.appendSignature(out);
        byte[] header = ByteBuffer.allocate(13)
                .putInt(image.width())
                .putInt(image.height())
                .put(new byte[] {8, 2, 0, 0, 0})
                .array();
        PngChunks.append(out, "IHDR", header);
        new TreeMap<>(text).forEach((keyword, value) -> PngText.append(out, keyword, value));
        PngChunks.append(out, "IDAT", deflate(image));
        PngChunks.append(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    private static byte[] deflate(RgbImage image) {
        int stride = 3 * image.width();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[1 << 16];
        byte[] best = new byte[1 + stride];
        byte[] trial = new byte[1 + stride];
        Deflater deflater = new Deflater(LEVEL);
        try {
            for (int y = 0; y < image.height(); y++) {
                long least = Long.MAX_VALUE;
                for (int filter = 0; filter < PngFilter.COUNT; filter++) {
                    long sum = filter(filter, image.rgb(), y, stride, trial);
                    if (sum < least) {
                        least = sum;
                        byte[] previous = best;
                        best = trial;
                        trial = previous;
                    }
                }
                deflater.setInput(best);
                while (!deflater.needsInput()) {
                    out.write(buffer, 0, deflater.deflate(buffer));
                }
            }
            deflater.finish();
            while (!deflater.finished()) {
                out.write(buffer, 0, deflater.deflate(buffer));
            }
        } finally {
            deflater.end();
        }
        return out.toByteArray();
    }

    /** Fills {@code row} with the filter's number and the filtered bytes of row y; returns the sum of their magnitudes. */
    private static long filter(int filter, byte[] rgb, int y, int stride, byte[] row) {
        row[0] = (byte) filter;
        int start = y * stride;
        long sum = 0;
        for (int i = 0; i < stride; i++) {
            int a = i < 3 ? 0 : rgb[start + i - 3] & 0xff;
            int b = y == 0 ? 0 : rgb[start + i - stride] & 0xff;
            int c = i < 3 || y == 0 ? 0 : rgb[start + i - stride - 3] & 0xff;
            byte difference = (byte) (rgb[start + i] - PngFilter.predict(filter, a, b, c));
            row[1 + i] = difference;
            sum += Math.abs(difference);
        }
        return sum;
    }
}
