package org.mixdq4j.core.image;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.AtomicFiles;

/** PNG files (W3C PNG specification, third edition): 8-bit RGB out, every non-interlaced kind in, with text chunks. */
public final class Png {
    private Png() {}

    /**
     * The bytes of a PNG file. The same picture and text always give the same bytes.
     *
     * @param text keyword to text, written in order of keyword ahead of the pixels; a keyword is 1 to 79 printable Latin-1
     *     characters; NUL characters in a text, which the format cannot hold, become U+FFFD
     */
    public static byte[] encode(RgbImage image, Map<String, String> text) {
        return PngEncoder.encode(image, text);
    }

    /** Writes what {@link #encode} gives; does not close the stream. */
    public static void write(OutputStream out, RgbImage image, Map<String, String> text) throws IOException {
        out.write(encode(image, text));
    }

    /** Replaces {@code file} by what {@link #encode} gives. @throws MixdqException if it cannot be written */
    public static void save(Path file, RgbImage image, Map<String, String> text) {
        byte[] png = encode(image, text);
        AtomicFiles.write(file, out -> out.write(png));
    }

    /**
     * Reads a PNG file as RGB: grey and palette are expanded, alpha is dropped, 16-bit samples keep their upper byte.
     *
     * @throws MixdqException if the file is missing, not a PNG, damaged or interlaced
     */
    public static RgbImage decode(Path file) {
        return PngDecoder.decode(PngChunks.parse(read(file), file.toString()));
    }

    /**
     * The texts of the tEXt, zTXt and iTXt chunks by keyword, in file order; of equal keywords the first is kept.
     *
     * @throws MixdqException if the file is missing, not a PNG or damaged
     */
    public static Map<String, String> text(Path file) {
        return PngText.read(PngChunks.parse(read(file), file.toString()));
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new MixdqException("No picture at " + file + "; check the path.", e);
        } catch (IOException e) {
            String found = Files.isDirectory(file) ? "is a folder, not a PNG file" : "cannot be read";
            throw new MixdqException("Picture " + file + " " + found + " (" + e.getMessage() + ").", e);
        }
    }
}
