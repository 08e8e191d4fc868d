package org.mixdq4j.core.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.image.PngChunks.Chunk;

/** Reads the pixels of a non-interlaced PNG of any colour type and bit depth as 8-bit RGB. */
final class PngDecoder {
    /** Deflate cannot do better than 1032 to 1; a header that promises more is damaged, not a reason to take memory. */
    private static final long MOST_COMPRESSION = 1032;

    private final PngChunks png;
    private int width;
    private int height;
    private int depth;
    private int colourType;
    private byte[] palette = new byte[0];
    private final ByteArrayOutputStream compressed = new ByteArrayOutputStream();

    private PngDecoder(PngChunks png) {
        this.png = png;
    }

    static RgbImage decode(PngChunks png) {
        return new PngDecoder(png).decode();
    }

    private RgbImage decode() {
        if (png.chunks().isEmpty() || !png.chunks().get(0).type().equals("IHDR")) {
            throw png.damaged("its first chunk is not IHDR");
        }
        header(png.chunks().get(0).data());
        for (Chunk chunk : png.chunks()) {
            if (chunk.type().equals("PLTE")) {
                palette = chunk.data();
            } else if (chunk.type().equals("IDAT")) {
                compressed.writeBytes(chunk.data());
            }
        }
        int pixelBits = depth * samples();
        long stride = ((long) width * pixelBits + 7) / 8;
        long size = (stride + 1) * height;
        if (size > MOST_COMPRESSION * (compressed.size() + 1L)) {
            throw png.truncated();
        }
        if (size > Integer.MAX_VALUE - 8 || 3L * width * height > Integer.MAX_VALUE - 8) {
            throw new MixdqException("PNG file " + png.name() + " is " + width + "x" + height
                    + ", more than 2 GiB of pixels; make it smaller.");
        }
        byte[] rows = inflate((int) size);
        unfilter(rows, (int) stride, Math.max(1, pixelBits / 8));
        return new RgbImage(width, height, expand(rows, (int) stride));
    }

    private void header(byte[] data) {
        if (data.length != 13) {
            throw png.damaged("IHDR is " + data.length + " bytes long instead of 13");
        }
        ByteBuffer header = ByteBuffer.wrap(data);
        width = header.getInt();
        height = header.getInt();
        depth = header.get();
        colourType = header.get();
        if (width < 1 || height < 1) {
            throw png.damaged("its size is " + width + "x" + height);
        }
        boolean known =
                switch (colourType) {
                    case 0 -> depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
                    case 3 -> depth == 1 || depth == 2 || depth == 4 || depth == 8;
                    case 2, 4, 6 -> depth == 8 || depth == 16;
                    default -> false;
                };
        if (!known || header.get() != 0 || header.get() != 0) {
            throw png.damaged("its header (colour type " + colourType + ", bit depth " + depth + ") is none of PNG's");
        }
        if (header.get() != 0) {
            throw new MixdqException(
                    "PNG file " + png.name() + " is interlaced, which is not supported; save it without interlacing.");
        }
    }

    private int samples() {
        return switch (colourType) {
            case 2 -> 3;
            case 4 -> 2;
            case 6 -> 4;
            default -> 1;
        };
    }

    private byte[] inflate(int size) {
        byte[] rows = new byte[size];
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(compressed.toByteArray());
            int at = 0;
            while (at < size) {
                int count = inflater.inflate(rows, at, size - at);
                if (count == 0 && (inflater.finished() || inflater.needsInput() || inflater.needsDictionary())) {
                    throw png.damaged("its pixels end after " + at + " of " + size + " bytes");
                }
                at += count;
            }
        } catch (DataFormatException e) {
            throw png.damaged("its pixels do not decompress (" + e.getMessage() + ")");
        } finally {
            inflater.end();
        }
        return rows;
    }

    private void unfilter(byte[] rows, int stride, int pixelBytes) {
        for (int y = 0; y < height; y++) {
            int start = y * (stride + 1) + 1;
            int filter = rows[start - 1];
            if (filter < 0 || filter >= PngFilter.COUNT) {
                throw png.damaged("row " + y + " has the unknown filter " + filter);
            }
            int above = start - stride - 1;
            for (int i = 0; i < stride; i++) {
                int a = i < pixelBytes ? 0 : rows[start + i - pixelBytes] & 0xff;
                int b = y == 0 ? 0 : rows[above + i] & 0xff;
                int c = i < pixelBytes || y == 0 ? 0 : rows[above + i - pixelBytes] & 0xff;
                rows[start + i] += (byte) PngFilter.predict(filter, a, b, c);
            }
        }
    }

    private byte[] expand(byte[] rows, int stride) {
        byte[] rgb = new byte[3 * width * height];
        int samples = samples();
        boolean colour = colourType == 2 || colourType == 6;
        for (int y = 0; y < height; y++) {
            int start = y * (stride + 1) + 1;
            for (int x = 0; x < width; x++) {
                int to = 3 * (y * width + x);
                int first = sample(rows, start, x * samples);
                if (colourType == 3) {
                    if (3 * first + 3 > palette.length) {
                        throw png.damaged("a pixel names palette entry " + first + " of " + palette.length / 3);
                    }
                    System.arraycopy(palette, 3 * first, rgb, to, 3);
                    continue;
                }
                // Grey of 1, 2 and 4 bits spans 0..255: 255 is a multiple of 1, 3 and 15.
                int grey = depth < 8 ? first * (255 / ((1 << depth) - 1)) : first;
                for (int channel = 0; channel < 3; channel++) {
                    rgb[to + channel] = (byte) (colour ? sample(rows, start, x * samples + channel) : grey);
                }
            }
        }
        return rgb;
    }

    /** Sample number {@code index} of a row; of a 16-bit one the upper byte. */
    private int sample(byte[] rows, int start, int index) {
        if (depth >= 8) {
            return rows[start + index * (depth / 8)] & 0xff;
        }
        int bit = index * depth;
        return (rows[start + bit / 8] & 0xff) >> (8 - depth - bit % 8) & ((1 << depth) - 1);
    }
}
