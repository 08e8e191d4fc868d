package org.mixdq4j.calib.captions;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;

/** Reads the first captions of a file; the same file and number always give the same captions. */
public final class Captions {
    private static final char BYTE_ORDER_MARK = '\ufeff';

    private Captions() {}

    /**
     * Reads captions from one of these kinds of file.
     *
     * <ul>
     *   <li>JSON as COCO's {@code captions_val2014.json}: of each image, in the order in which {@code annotations} first
     *       names them, the first caption.
     *   <li>Other JSON, which begins with <code>{</code> or <code>[</code>: a list of prompts or of objects with a prompt,
     *       or such an object a line ({@code .jsonl}).
     *   <li>A table with a header ({@code .csv}, {@code .tsv}, or a first line with a tab). Its column of prompts, like an
     *       object's field, is the one called prompt, caption or text, in singular or plural and any case; if there is none
     *       or there are several the file is refused.
     *   <li>UTF-8 text: a caption a line; blank lines count as lines but not as captions.
     * </ul>
     *
     * White space around a caption is dropped; line breaks inside one become spaces. The whole file is read even when the
     * first captions are enough, so that a broken download is noticed.
     *
     * @param samples how many captions to return, at least 1
     * @throws UsageException if the file does not exist, is a folder, or holds fewer captions
     * @throws MixdqException if the file is neither kind, or damaged
     */
    public static List<Caption> read(Path file, int samples) {
        if (samples < 1) {
            throw new UsageException("Asked for " + samples + " captions; pass --samples with a number from 1.");
        }
        List<Caption> captions = upTo(file, samples);
        if (captions.size() < samples) {
            throw new UsageException("Captions file " + file + " holds " + captions.size() + " captions but " + samples
                    + " were asked for; pass --samples " + captions.size() + " or a larger file.");
        }
        return List.copyOf(captions);
    }

    /**
     * As {@link #read(Path, int)}, without the first ones: those another run used.
     *
     * @param skip how many to leave out, 0 or more
     * @param count how many to return after them, at least 1
     */
    public static List<Caption> read(Path file, int skip, int count) {
        if (skip < 0) {
            throw new UsageException("Cannot skip " + skip + " captions; give --skip 0 or more.");
        }
        if (count < 1) {
            throw new UsageException("Asked for " + count + " captions; give --count 1 or more.");
        }
        List<Caption> captions = upTo(file, (int) Math.min(Integer.MAX_VALUE, (long) skip + count));
        if (captions.size() < (long) skip + count) {
            throw new UsageException("Captions file " + file + " holds " + captions.size() + " captions but --skip "
                    + skip + " and --count " + count + " ask for " + ((long) skip + count)
                    + "; give smaller ones or a larger file.");
        }
        return List.copyOf(captions.subList(skip, skip + count));
    }

    /**
     * All captions of a file.
     *
     * @throws UsageException if the file does not exist or is a folder
     * @throws MixdqException as {@link #read(Path, int)}
     */
    public static List<Caption> all(Path file) {
        return List.copyOf(upTo(file, Integer.MAX_VALUE));
    }

    private static List<Caption> upTo(Path file, int samples) {
        if (Files.isDirectory(file)) {
            throw new UsageException("Captions " + file
                    + " is a folder; pass a file: COCO's captions_val2014.json, or text with a caption a line.");
        }
        if (!Files.exists(file)) {
            throw new UsageException("No captions file at " + file
                    + "; pass COCO's captions_val2014.json, or a text file with a caption a line.");
        }
        List<Caption> captions = parse(file, samples);
        if (captions.isEmpty()) {
            throw new MixdqException("Captions file " + file
                    + " holds no caption; expected COCO captions or text with a caption a line.");
        }
        return captions;
    }

    /** Up to {@code samples} captions. */
    private static List<Caption> parse(Path file, int samples) {
        try (BufferedReader reader = open(file)) {
            int first = skipToContent(reader);
            String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
            if (first == '{' || first == '[' || (first == '"' && name.matches(".*\\.(jsonl|ndjson)"))) {
                try (BufferedReader ahead = open(file)) {
                    skipToContent(ahead);
                    boolean coco = first == '{' && JsonCaptions.isForCoco(ahead);
                    return coco ? CocoCaptions.parse(reader, file, samples) : JsonCaptions.parse(reader, file, samples);
                }
            }
            String line = firstLine(reader);
            return TableCaptions.isTable(file, line)
                    ? TableCaptions.parse(reader, file, line, samples)
                    : TextCaptions.parse(reader, file, samples);
        } catch (CharacterCodingException e) {
            throw new MixdqException(
                    "Captions file " + file + " is not UTF-8 text (a binary or compressed file, or another encoding);"
                            + " unpack it or convert it to UTF-8.",
                    e);
        } catch (IOException e) {
            throw new MixdqException(
                    "Captions file " + file + " cannot be read (" + e + "); check its permissions.", e);
        }
    }

    private static BufferedReader open(Path file) throws IOException {
        var utf8 = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        return new BufferedReader(new InputStreamReader(Files.newInputStream(file), utf8));
    }

    /** As much as is needed to see whether the file is a table, without consuming. */
    private static String firstLine(BufferedReader reader) throws IOException {
        char[] ahead = new char[1 << 12];
        reader.mark(ahead.length);
        int count = Math.max(0, reader.read(ahead));
        reader.reset();
        return new String(ahead, 0, count)
                .lines()
                .filter(line -> !line.isBlank())
                .findFirst()
                .orElse("");
    }

    /** Steps over a byte order mark; looks ahead to the first character that is not white space, without consuming. */
    private static int skipToContent(BufferedReader reader) throws IOException {
        reader.mark(1);
        if (reader.read() != BYTE_ORDER_MARK) {
            reader.reset();
        }
        int limit = 1 << 12;
        reader.mark(limit);
        int first = reader.read();
        for (int i = 1; i < limit && first >= 0 && Character.isWhitespace(first); i++) {
            first = reader.read();
        }
        reader.reset();
        return first;
    }

    /** One line, without white space around it. */
    static String tidy(String text) {
        return text.replaceAll("\\R", " ").strip();
    }
}
