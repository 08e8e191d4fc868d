package org.mixdq4j.core.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.PrettyPrinter;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mixdq4j.core.error.MixdqException;

/**
 * JSON files as diffusers and transformers write them, which includes the tokens {@code NaN}, {@code Infinity} and
 * {@code -Infinity} that the standard lacks; they are read as, and written from, the doubles of that name.
 */
public final class Json {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private Json() {}

    /** The shared, configured mapper; callers must not reconfigure it. */
    public static ObjectMapper mapper() {
        return MAPPER;
    }

    /** @throws MixdqException if the file is missing, unreadable, truncated or not JSON */
    public static JsonNode read(Path path) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(path);
        } catch (IOException e) {
            throw AtomicFiles.failure("read", path, e);
        }
        return parse(bytes, path.toString());
    }

    /** @param what names the text in failures, such as a path */
    public static JsonNode parse(String text, String what) {
        return parse(text.getBytes(StandardCharsets.UTF_8), what);
    }

    /** @param what names the text in failures, such as a path */
    public static JsonNode parse(byte[] utf8, String what) {
        JsonNode node;
        try {
            node = MAPPER.readTree(utf8);
        } catch (JsonEOFException e) {
            throw new MixdqException(
                    what + " is truncated: its JSON ends after " + utf8.length
                            + " bytes in the middle of a value; copy or write it again",
                    e);
        } catch (JsonProcessingException e) {
            throw new MixdqException(what + " is not valid JSON: " + describe(e) + "; correct it or write it again", e);
        } catch (IOException e) {
            throw new MixdqException(what + " is not JSON text in UTF-8; check that it is the file you meant", e);
        }
        if (node.isMissingNode()) {
            throw new MixdqException(what + " is empty where JSON was expected; copy or write it again");
        }
        return node;
    }

    /**
     * Writes {@code value} (a {@link JsonNode}, a map, a record) indented, with a newline at the end, in an order that
     * depends on the value only: tree nodes and records keep the order of their members, maps are sorted by key.
     */
    public static void write(Path target, Object value) {
        AtomicFiles.writeString(target, toPrettyString(value));
    }

    /** What {@link #write} writes. */
    public static String toPrettyString(Object value) {
        try {
            return MAPPER.writer(printer()).writeValueAsString(value) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot be written as JSON: " + value.getClass(), e);
        }
    }

    private static PrettyPrinter printer() {
        Separators separators = Separators.createDefaultInstance()
                .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                .withObjectEmptySeparator("")
                .withArrayEmptySeparator("");
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter(separators);
        printer.indentObjectsWith(new DefaultIndenter("  ", "\n"));
        return printer;
    }

    /** Where and what; without Jackson's source excerpt, which is of no use to a reader of the file. */
    private static String describe(JsonProcessingException e) {
        String problem = e.getOriginalMessage().replaceAll("\\s+", " ");
        return e.getLocation() == null
                ? problem
                : "line " + e.getLocation().getLineNr() + ", column "
                        + e.getLocation().getColumnNr() + ": " + problem;
    }
}
