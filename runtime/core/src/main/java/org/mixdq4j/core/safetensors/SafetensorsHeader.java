package org.mixdq4j.core.safetensors;

import static java.util.Map.entry;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;

/**
 * The checked header of a file.
 *
 * @param entries by name, in the order of the data
 */
record SafetensorsHeader(Map<String, TensorEntry> entries, Map<String, String> metadata) {
    static final String METADATA = "__metadata__";

    private static final Map<String, Integer> ELEMENT_BITS = Map.ofEntries(
            entry("BOOL", 8),
            entry("U8", 8),
            entry("I8", 8),
            entry("U16", 16),
            entry("I16", 16),
            entry("U32", 32),
            entry("I32", 32),
            entry("U64", 64),
            entry("I64", 64),
            entry("F4", 4),
            entry("F6_E2M3", 6),
            entry("F6_E3M2", 6),
            entry("F8_E4M3", 8),
            entry("F8_E5M2", 8),
            entry("F8_E8M0", 8),
            entry("F8_E4M3FNUZ", 8),
            entry("F8_E5M2FNUZ", 8),
            entry("F16", 16),
            entry("BF16", 16),
            entry("F32", 32),
            entry("F64", 64),
            entry("C64", 64));

    /** For the members of the header one by one, each followed by the tokens of the next. */
    private static final ObjectReader MEMBERS =
            Json.mapper().reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** Parses the JSON text and checks every number in it against the {@code dataBytes} that follow it in {@code file}. */
    static SafetensorsHeader parse(Path file, byte[] json, long dataBytes) {
        List<TensorEntry> entries = new ArrayList<>();
        Map<String, String> metadata = new TreeMap<>();
        Set<String> seen = new HashSet<>();
        // Token by token: a tree would silently keep only the last of two tensors with one name.
        try (JsonParser parser = MEMBERS.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw broken(file, "its header is JSON, but not an object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (!seen.add(name)) {
                    throw broken(file, "its header lists '" + name + "' twice (duplicate name)");
                }
                parser.nextToken();
                JsonNode value = MEMBERS.readTree(parser);
                if (name.equals(METADATA)) {
                    readMetadata(file, value, metadata);
                } else {
                    entries.add(readEntry(file, name, value));
                }
            }
            if (parser.nextToken() != null) {
                throw broken(file, "its header goes on after the end of the JSON object");
            }
        } catch (JsonEOFException e) {
            throw broken(file, "its header is JSON that ends in the middle");
        } catch (IOException e) {
            throw broken(file, "its header is not JSON");
        }
        entries.forEach(entry -> checkSize(file, entry));
        entries.sort(Comparator.comparingLong(TensorEntry::begin).thenComparingLong(TensorEntry::end));
        checkLayout(file, entries, dataBytes, json.length + 8L);
        Map<String, TensorEntry> byName = new LinkedHashMap<>();
        entries.forEach(entry -> byName.put(entry.name(), entry));
        return new SafetensorsHeader(Collections.unmodifiableMap(byName), Collections.unmodifiableMap(metadata));
    }

    static MixdqException broken(Path file, String found) {
        return new MixdqException(
                file + " is not a valid safetensors file: " + found + "; copy, download or write it again");
    }

    private static void readMetadata(Path file, JsonNode node, Map<String, String> into) {
        if (node.isNull()) {
            return;
        }
        if (!node.isObject()) {
            throw broken(file, METADATA + " is not an object");
        }
        node.fields().forEachRemaining(field -> {
            if (!field.getValue().isTextual()) {
                throw broken(file, METADATA + " holds '" + field.getKey() + "', which is not a string");
            }
            into.put(field.getKey(), field.getValue().textValue());
        });
    }

    private static TensorEntry readEntry(Path file, String name, JsonNode node) {
        JsonNode type = node.path("dtype");
        JsonNode shape = node.path("shape");
        JsonNode offsets = node.path("data_offsets");
        if (!type.isTextual() || !shape.isArray() || !offsets.isArray() || offsets.size() != 2) {
            throw broken(file, "tensor '" + name + "' lacks a dtype, a shape or a pair of data_offsets");
        }
        long[] dims = new long[shape.size()];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = natural(file, name, "shape", shape.get(i));
        }
        long begin = natural(file, name, "data_offsets", offsets.get(0));
        long end = natural(file, name, "data_offsets", offsets.get(1));
        if (begin > end) {
            throw broken(file, "tensor '" + name + "' has reversed data_offsets [" + begin + ", " + end + "]");
        }
        return new TensorEntry(name, type.textValue(), dims, begin, end);
    }

    private static long natural(Path file, String name, String field, JsonNode number) {
        if (!number.isIntegralNumber() || !number.canConvertToLong()) {
            throw broken(file, "tensor '" + name + "' has " + number + " in its " + field + ", not a 64-bit integer");
        }
        if (number.longValue() < 0) {
            throw broken(file, "tensor '" + name + "' has the negative number " + number + " in its " + field);
        }
        return number.longValue();
    }

    /** A type that the format did not have when this was written is left alone: nobody may need the tensor. */
    private static void checkSize(Path file, TensorEntry entry) {
        Integer bits = ELEMENT_BITS.get(entry.storedType());
        if (bits == null) {
            return;
        }
        String shape = "tensor '" + entry.name() + "' of type " + entry.storedType() + " and shape "
                + Arrays.toString(entry.dims());
        long bytes = bits;
        try {
            for (long dim : entry.dims()) {
                bytes = Math.multiplyExact(bytes, dim);
            }
            bytes = (bytes + 7) / 8;
        } catch (ArithmeticException e) {
            throw broken(file, shape + " has a size that overflows 64 bits");
        }
        if (bytes != entry.bytes()) {
            throw broken(
                    file, shape + " needs " + bytes + " bytes, but its data_offsets span " + entry.bytes() + " bytes");
        }
    }

    /** The format demands that the tensors fill the data from the first byte to the last, each byte once. */
    private static void checkLayout(Path file, List<TensorEntry> sorted, long dataBytes, long dataStart) {
        long promised = sorted.stream().mapToLong(TensorEntry::end).max().orElse(0);
        if (promised > dataBytes) {
            throw new MixdqException(file + " is truncated: it has " + (dataStart + dataBytes)
                    + " bytes, but its header promises " + promisedTotal(dataStart, promised)
                    + "; copy or download it again");
        }
        long at = 0;
        TensorEntry before = null;
        for (TensorEntry entry : sorted) {
            if (entry.begin() < at) {
                throw broken(
                        file,
                        "the data of tensors '" + before.name() + "' and '" + entry.name() + "' overlap at byte "
                                + entry.begin());
            }
            if (entry.begin() > at) {
                throw broken(
                        file,
                        "there is a hole of " + (entry.begin() - at) + " bytes before the data of tensor '"
                                + entry.name() + "'");
            }
            at = entry.end();
            before = entry;
        }
        if (at < dataBytes) {
            throw broken(file, "its data goes on for " + (dataBytes - at) + " bytes after the last tensor");
        }
    }

    private static String promisedTotal(long dataStart, long promised) {
        return Long.toUnsignedString(dataStart + promised);
    }
}
