package org.mixdq4j.core.image;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.mixdq4j.core.image.PngChunks.Chunk;

/** PNG's text chunks: tEXt (Latin-1), zTXt (Latin-1, compressed), iTXt (UTF-8, compressed or not). */
final class PngText {
    /** Enough for any generation parameters; stops a decompression bomb. */
    private static final int LONGEST = 64 << 20;

    private PngText() {}

    static void append(ByteArrayOutputStream out, String keyword, String text) {
        if (keyword.isEmpty()
                || keyword.length() > 79
                || !keyword.equals(keyword.strip())
                || !keyword.chars().allMatch(PngText::printable)) {
            throw new IllegalArgumentException("\"" + keyword + "\" is not a PNG keyword");
        }
        String held = text.replace('\0', '\ufffd');
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        data.writeBytes(keyword.getBytes(StandardCharsets.ISO_8859_1));
        data.write(0);
        boolean latin = held.chars().allMatch(c -> c == '\n' || printable(c));
        if (!latin) {
            // Not compressed, no language, no translated keyword.
            data.writeBytes(new byte[] {0, 0, 0, 0});
        }
        data.writeBytes(held.getBytes(latin ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8));
        PngChunks.append(out, latin ? "tEXt" : "iTXt", data.toByteArray());
    }

    private static boolean printable(int c) {
        return c >= 32 && c <= 126 || c >= 161 && c <= 255;
    }

    static Map<String, String> read(PngChunks png) {
        Map<String, String> result = new LinkedHashMap<>();
        for (Chunk chunk : png.chunks()) {
            byte[] data = chunk.data();
            switch (chunk.type()) {
                case "tEXt" -> {
                    int end = zero(png, chunk, 0);
                    put(result, data, end, data, end + 1, StandardCharsets.ISO_8859_1);
                }
                case "zTXt" -> {
                    int end = zero(png, chunk, 0);
                    put(result, data, end, inflate(png, chunk, end + 2), 0, StandardCharsets.ISO_8859_1);
                }
                case "iTXt" -> {
                    int end = zero(png, chunk, 0);
                    int start = zero(png, chunk, zero(png, chunk, end + 3) + 1) + 1;
                    boolean compressed = data[end + 1] != 0;
                    byte[] text = compressed ? inflate(png, chunk, start) : data;
                    put(result, data, end, text, compressed ? 0 : start, StandardCharsets.UTF_8);
                }
                default -> {
                    // Not text.
                }
            }
        }
        return result;
    }

    private static void put(
            Map<String, String> texts, byte[] data, int keywordEnd, byte[] text, int start, Charset charset) {
        String keyword = new String(data, 0, keywordEnd, StandardCharsets.ISO_8859_1);
        texts.putIfAbsent(keyword, new String(text, start, text.length - start, charset));
    }

    /** Where the NUL is that ends the field from {@code start}. */
    private static int zero(PngChunks png, Chunk chunk, int start) {
        for (int i = start; i < chunk.data().length; i++) {
            if (chunk.data()[i] == 0) {
                return i;
            }
        }
        throw png.damaged("a " + chunk.type() + " chunk is cut off inside its keyword");
    }

    private static byte[] inflate(PngChunks png, Chunk chunk, int start) {
        Inflater inflater = new Inflater();
        try {
            byte[] data = chunk.data();
            inflater.setInput(Arrays.copyOfRange(data, Math.min(start, data.length), data.length));
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] buffer = new byte[1 << 13];
            while (!inflater.finished()) {
                int count = inflater.inflate(buffer);
                if (count == 0 && (inflater.needsInput() || inflater.needsDictionary()) || out.size() > LONGEST) {
                    throw png.damaged("a " + chunk.type() + " chunk does not decompress");
                }
                out.write(buffer, 0, count);
            }
            return out.toByteArray();
        } catch (DataFormatException e) {
            throw png.damaged("a " + chunk.type() + " chunk does not decompress");
        } finally {
            inflater.end();
        }
    }
}
