package org.mixdq4j.calib.captions;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.error.MixdqException;

/**
 * JSON other than COCO's: a list of prompts, a list of objects each with its prompt, an object that has such a list under a
 * name for prompts, or one of these objects a line. The number of a caption is its place, from 1.
 */
final class JsonCaptions {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final int samples;
    private final List<Caption> captions = new ArrayList<>();
    private int place;

    private JsonCaptions(Path file, int samples) {
        this.file = file;
        this.samples = samples;
    }

    /** Whether the first object is COCO's, or the file holds one object of unknown form alone: what COCO's reader explains. */
    static boolean isForCoco(Reader reader) throws IOException {
        try (JsonParser parser = JSON.getFactory().createParser(reader)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return false;
            }
            boolean named = false;
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String key = parser.currentName();
                if (key.equals("annotations")) {
                    return true;
                }
                named |= PromptColumn.isName(key);
                parser.nextToken();
                parser.skipChildren();
            }
            return !named && parser.nextToken() == null;
        } catch (JsonProcessingException e) {
            return true;
        }
    }

    static List<Caption> parse(BufferedReader reader, Path file, int samples) throws IOException {
        JsonCaptions result = new JsonCaptions(file, samples);
        List<JsonNode> values = new ArrayList<>();
        try (JsonParser parser = JSON.getFactory().createParser(reader)) {
            while (parser.nextToken() != null) {
                values.add(JSON.readTree(parser));
            }
        } catch (JsonProcessingException e) {
            throw new MixdqException(
                    "Captions file " + file + " begins like JSON but line "
                            + e.getLocation().getLineNr() + " is not valid (" + e.getOriginalMessage()
                            + "); repair it, or pass a text file that does not begin with { or [.",
                    e);
        }
        if (values.size() == 1 && values.get(0).isArray()) {
            values.get(0).forEach(result::add);
        } else if (values.size() == 1 && list(values.get(0)) != null) {
            list(values.get(0)).forEach(result::add);
        } else {
            values.forEach(result::add);
        }
        return result.captions;
    }

    /** The only list under a name for prompts. */
    private static JsonNode list(JsonNode object) {
        List<JsonNode> lists = new ArrayList<>();
        object.fields().forEachRemaining(field -> {
            if (PromptColumn.isName(field.getKey())) {
                lists.add(field.getValue());
            }
        });
        return lists.size() == 1 && lists.get(0).isArray() ? lists.get(0) : null;
    }

    private void add(JsonNode entry) {
        place++;
        JsonNode prompt = entry;
        if (entry.isObject()) {
            List<String> names = new ArrayList<>();
            entry.fieldNames().forEachRemaining(names::add);
            prompt = entry.get(names.get(PromptColumn.among(names, file, "entry " + place + " has")));
        }
        if (!prompt.isTextual() && !prompt.isNull()) {
            throw new MixdqException("Captions file " + file + ": entry " + place + " is "
                    + (entry.isObject() ? "an object whose prompt is " : "") + shown(prompt)
                    + ", expected a prompt or an object with one; mend it.");
        }
        String text = Captions.tidy(prompt.asText(""));
        if (prompt.isTextual() && !text.isEmpty() && captions.size() < samples) {
            captions.add(new Caption(place, text));
        }
    }

    private static String shown(JsonNode value) {
        String text = value.toString();
        return text.length() > 40 ? text.substring(0, 40) + "..." : text;
    }
}
