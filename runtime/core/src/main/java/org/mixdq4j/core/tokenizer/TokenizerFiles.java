package org.mixdq4j.core.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;

/** The files of one tokenizer folder, read and checked; every failure names the file. */
final class TokenizerFiles {
    static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final Path folder;

    TokenizerFiles(Path folder) {
        this.folder = folder;
        if (!Files.isDirectory(folder)) {
            throw new MixdqException(
                    "No tokenizer folder at " + folder
                            + ": expected a folder with vocab.json, merges.txt and tokenizer_config.json; check the model path.");
        }
    }

    Path folder() {
        return folder;
    }

    boolean has(String name) {
        return Files.isRegularFile(folder.resolve(name));
    }

    ObjectNode require(String name) {
        return optional(name)
                .orElseThrow(() -> new MixdqException("The tokenizer folder " + folder + " has no " + name
                        + ": expected vocab.json, merges.txt and tokenizer_config.json (or tokenizer.json);"
                        + " copy the missing file from the model's source."));
    }

    Optional<ObjectNode> optional(String name) {
        if (!has(name)) {
            return Optional.empty();
        }
        Path file = folder.resolve(name);
        try {
            JsonNode root = JSON.readTree(Files.readAllBytes(file));
            if (root instanceof ObjectNode object) {
                return Optional.of(object);
            }
            throw broken(file, "is not a JSON object", null);
        } catch (JsonProcessingException e) {
            throw broken(file, "is not valid JSON (" + e.getOriginalMessage() + ")", e);
        } catch (IOException e) {
            throw broken(file, "cannot be read (" + e.getMessage() + ")", e);
        }
    }

    /** The merge rules in order of rank: two symbols each. Comments (a first line {@code #version}) and blank lines are dropped. */
    List<String[]> merges() {
        Path file = folder.resolve("merges.txt");
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (CharacterCodingException e) {
            throw broken(file, "is not UTF-8 text", e);
        } catch (IOException e) {
            throw broken(file, "cannot be read (" + e.getMessage() + ")", e);
        }
        List<String[]> merges = new ArrayList<>(lines.size());
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.isBlank() || (i == 0 && line.startsWith("#version"))) {
                continue;
            }
            String[] pair = line.split(" ", -1);
            if (pair.length != 2 || pair[0].isEmpty() || pair[1].isEmpty()) {
                throw broken(file, "line " + (i + 1) + " is not two symbols separated by one space", null);
            }
            merges.add(pair);
        }
        return merges;
    }

    MixdqException broken(String name, String found) {
        return broken(folder.resolve(name), found, null);
    }

    private static MixdqException broken(Path file, String found, Throwable cause) {
        return new MixdqException(
                "Tokenizer file " + file + " " + found + "; copy it again from the model's source.", cause);
    }
}
