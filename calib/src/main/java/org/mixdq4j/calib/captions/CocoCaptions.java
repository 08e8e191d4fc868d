package org.mixdq4j.calib.captions;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;

/**
 * COCO's caption annotations, <code>{"annotations": [{"image_id", "id", "caption"}, ...], ...}</code>. Read as a stream:
 * the published files are tens of megabytes. All other keys are skipped.
 */
final class CocoCaptions {
    /** Leaves the reader open, so that after an error it can tell whether anything follows. */
    private static final JsonFactory FACTORY =
            JsonFactory.builder().disable(StreamReadFeature.AUTO_CLOSE_SOURCE).build();

    private final JsonParser parser;
    private final Path file;
    private final int samples;
    private final List<Caption> captions = new ArrayList<>();
    private final List<String> describes = new ArrayList<>();
    private final Map<String, String> pictures = new HashMap<>();
    private final Set<String> images = new HashSet<>();
    private final Map<Long, Integer> positions = new HashMap<>();
    private int annotation;

    private CocoCaptions(JsonParser parser, Path file, int samples) {
        this.parser = parser;
        this.file = file;
        this.samples = samples;
    }

    static List<Caption> parse(Reader reader, Path file, int samples) throws IOException {
        try (JsonParser parser = FACTORY.createParser(reader)) {
            try {
                return new CocoCaptions(parser, file, samples).root();
            } catch (JsonProcessingException e) {
                boolean atEnd = parser.releaseBuffered(Writer.nullWriter()) <= 0 && reader.read() < 0;
                throw notJson(file, e, atEnd);
            }
        }
    }

    /** An error with nothing behind it is a file that was cut, whatever the parser calls it. */
    private static MixdqException notJson(Path file, JsonProcessingException e, boolean atEnd) {
        if (atEnd) {
            return new MixdqException(
                    "Captions file " + file + " ends in the middle of its JSON: it is cut short; download it again.",
                    e);
        }
        return new MixdqException(
                "Captions file " + file + " begins like JSON but line "
                        + e.getLocation().getLineNr() + " is not valid (" + e.getOriginalMessage()
                        + "); repair it, or begin a text file with something else than { or [.",
                e);
    }

    private List<Caption> root() throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw notCoco("a JSON array at the top");
        }
        boolean found = false;
        List<String> keys = new ArrayList<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            keys.add(key);
            JsonToken value = parser.nextToken();
            if (key.equals("images") && value == JsonToken.START_ARRAY) {
                pictures();
            } else if (!key.equals("annotations")) {
                parser.skipChildren();
            } else if (value != JsonToken.START_ARRAY) {
                throw notCoco("a key \"annotations\" that is no array");
            } else if (found) {
                throw notCoco("the key \"annotations\" twice");
            } else {
                found = true;
                annotations();
            }
        }
        if (!found) {
            String present = keys.isEmpty() ? "no key at all" : "only " + keys.subList(0, Math.min(5, keys.size()));
            throw notCoco("no key \"annotations\" (" + present + ")");
        }
        if (parser.nextToken() != null) {
            throw notCoco("something after the end of the JSON object");
        }
        return withPictures();
    }

    /** The names of the pictures may stand behind the captions. */
    private List<Caption> withPictures() {
        List<Caption> named = new ArrayList<>();
        for (int i = 0; i < captions.size(); i++) {
            Caption caption = captions.get(i);
            Optional<String> picture = Optional.ofNullable(pictures.get(describes.get(i)));
            named.add(new Caption(caption.id(), caption.text(), picture));
        }
        return named;
    }

    /** What is not as COCO has it is passed over: captions can be drawn without. */
    private void pictures() throws IOException {
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                parser.skipChildren();
                continue;
            }
            String id = null;
            String file = null;
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String key = parser.currentName();
                JsonToken value = parser.nextToken();
                if (key.equals("id") && value.isScalarValue()) {
                    id = parser.getText();
                } else if (key.equals("file_name") && value == JsonToken.VALUE_STRING) {
                    file = parser.getText();
                } else {
                    parser.skipChildren();
                }
            }
            if (id != null && file != null) {
                pictures.put(id, file.replaceFirst("\\.[^.]+$", ""));
            }
        }
    }

    private MixdqException notCoco(String found) {
        return new MixdqException("Captions file " + file + " is JSON but not COCO captions: found " + found
                + ", expected {\"annotations\": [{\"image_id\", \"id\", \"caption\"}, ...]}; pass captions_val2014.json"
                + " or a text file that does not begin with { or [.");
    }

    private void annotations() throws IOException {
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            annotation++;
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                throw broken("is not a JSON object");
            }
            String image = null;
            Long id = null;
            String text = null;
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String key = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (key) {
                    case "image_id" -> {
                        if (value != JsonToken.VALUE_NUMBER_INT && value != JsonToken.VALUE_STRING) {
                            throw broken("has an image_id that is no number");
                        }
                        image = parser.getText();
                    }
                    case "id" -> {
                        if (value != JsonToken.VALUE_NUMBER_INT
                                || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                            throw broken("has an id that is no integer");
                        }
                        id = parser.getLongValue();
                    }
                    case "caption" -> {
                        if (value != JsonToken.VALUE_STRING) {
                            throw broken("has a caption that is no string");
                        }
                        text = parser.getText();
                    }
                    default -> parser.skipChildren();
                }
            }
            add(image, id, text);
        }
    }

    private void add(String image, Long id, String text) {
        String missing = image == null ? "image_id" : id == null ? "id" : text == null ? "caption" : null;
        if (missing != null) {
            throw broken("has no " + missing);
        }
        String tidy = Captions.tidy(text);
        if (tidy.isEmpty() || captions.size() >= samples || !images.add(image)) {
            return;
        }
        Integer earlier = positions.put(id, annotation);
        if (earlier != null) {
            throw broken("has the id " + id + " of annotation " + earlier);
        }
        captions.add(new Caption(id, tidy));
        describes.add(image);
    }

    private MixdqException broken(String found) {
        return new MixdqException(
                "Captions file " + file + ": annotation " + annotation + " (line "
                        + parser.currentLocation().getLineNr() + ") " + found
                        + ", expected {\"image_id\", \"id\", \"caption\"}; pass COCO's captions file, not instances or keypoints.");
    }
}
