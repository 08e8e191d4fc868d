package org.mixdq4j.core.artifact.calibration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.source.ModelFingerprint;

/**
 * manifest.json of a calibration set: everything that determines its bytes, and once it is finished the digest of each
 * shard.
 *
 * @param model fingerprint of the model that was run
 * @param settings scheduler, steps, guidance, size, ...: fields as they are to be compared and shown
 * @param rows rows of network input a step: 2 with guidance, else 1
 * @param shardSamples samples a shard; the last may hold fewer
 * @param samples in order
 * @param shards SHA-256 of each shard once all are written; empty while the set is being made
 */
public record CalibrationManifest(
        ModelFingerprint model,
        JsonNode settings,
        int rows,
        int shardSamples,
        List<CalibrationSample> samples,
        List<String> shards) {
    private static final String FILE = "manifest.json";
    private static final String FORMAT = "mixdq4j-calibration";
    private static final int VERSION = 1;
    /** Characters of a setting that a message shows: some schedulers list a thousand numbers. */
    private static final int MOST_SHOWN = 500;

    public CalibrationManifest {
        // As they read back from a file: a long that was put in is no equal of the same number read, which fits an int.
        settings = Json.parse(Json.toPrettyString(settings), "settings");
        samples = List.copyOf(samples);
        shards = List.copyOf(shards);
    }

    /** Pixels of the pictures. @throws MixdqException if the settings do not say */
    public int height() {
        return pixels("height");
    }

    /** Pixels of the pictures. @throws MixdqException if the settings do not say */
    public int width() {
        return pixels("width");
    }

    private int pixels(String field) {
        JsonNode value = settings.path(field);
        if (!value.isInt() || value.intValue() < 1) {
            throw new MixdqException("The " + FILE + " of the calibration set has the " + field + " " + shown(value)
                    + " among its settings, expected pixels; make the set again with 'mixdq calibrate'.");
        }
        return value.intValue();
    }

    public boolean finished() {
        return shards.size() == shardCount();
    }

    public int shardCount() {
        return (int) ((samples.size() - 1L + shardSamples) / shardSamples);
    }

    /** Samples {@code [first, last)} of a shard, as indices. */
    public int firstSample(int shard) {
        return shard * shardSamples;
    }

    public int lastSample(int shard) {
        return (int) Math.min(samples.size(), (shard + 1L) * shardSamples);
    }

    /** The same set with its shards done. */
    public CalibrationManifest finished(List<String> digests) {
        return new CalibrationManifest(model, settings, rows, shardSamples, samples, digests);
    }

    /** Digest of what determines the set's bytes; equal for a finished set and the same one under way. */
    public String identity() {
        return Sha256.of(json(List.of()).toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Names the first setting in which another manifest differs, with both values. */
    public Optional<String> difference(CalibrationManifest other) {
        JsonNode mine = json(List.of());
        JsonNode theirs = other.json(List.of());
        // As text: 42 is an int when it was read and a long when it was planned.
        if (mine.toString().equals(theirs.toString())) {
            return Optional.empty();
        }
        Set<String> names = new LinkedHashSet<>();
        mine.path("settings").fieldNames().forEachRemaining(names::add);
        theirs.path("settings").fieldNames().forEachRemaining(names::add);
        for (String name : names) {
            JsonNode a = mine.path("settings").path(name);
            JsonNode b = theirs.path("settings").path(name);
            if (!a.toString().equals(b.toString())) {
                return Optional.of(name + " " + shown(a) + " instead of " + shown(b));
            }
        }
        if (!model.equals(other.model)) {
            return Optional.of(model.hasLorasOf(other.model) ? "another model" : "other --lora options");
        }
        if (samples.size() != other.samples.size()) {
            return Optional.of(samples.size() + " samples instead of " + other.samples.size());
        }
        if (shardSamples != other.shardSamples) {
            return Optional.of("shards of " + shardSamples + " samples instead of " + other.shardSamples);
        }
        return Optional.of("other captions or seeds");
    }

    private static String shown(JsonNode value) {
        String text = value.isMissingNode() ? "unset" : value.toString();
        return text.length() <= MOST_SHOWN ? text : text.substring(0, MOST_SHOWN) + "...";
    }

    public static Path file(Path folder) {
        return folder.resolve(FILE);
    }

    /** The manifest in a folder; empty if there is none. */
    public static Optional<CalibrationManifest> read(Path folder) {
        Path file = file(folder);
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        JsonNode json = Json.read(file);
        if (!FORMAT.equals(json.path("format").asText()) || json.path("version").asInt() != VERSION) {
            throw new MixdqException(
                    file + " is of the format '" + json.path("format").asText("unknown") + "' version "
                            + json.path("version").asInt() + ", expected " + FORMAT + " version " + VERSION
                            + "; make the set again with 'mixdq calibrate'.");
        }
        List<CalibrationSample> samples = new ArrayList<>();
        json.path("samples")
                .forEach(sample -> samples.add(new CalibrationSample(
                        sample.path("id").asLong(),
                        sample.path("caption").asText(),
                        sample.path("seed").asLong())));
        List<String> shards = new ArrayList<>();
        json.path("shards").forEach(shard -> shards.add(shard.asText()));
        int shardSamples = json.path("shard_samples").asInt();
        int rows = json.path("rows").asInt();
        if (samples.isEmpty()
                || shardSamples < 1
                || rows < 1
                || !json.path("settings").isObject()) {
            throw new MixdqException(
                    file + " lists no samples or settings; make the set again with 'mixdq calibrate'.");
        }
        return Optional.of(new CalibrationManifest(
                ModelFingerprint.fromJson(json.path("model")),
                json.path("settings"),
                rows,
                shardSamples,
                samples,
                shards));
    }

    public void write(Path folder) {
        Json.write(file(folder), json(shards));
    }

    private JsonNode json(List<String> digests) {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("format", FORMAT).put("version", VERSION);
        json.set("model", model.toJson());
        json.set("settings", settings);
        json.put("rows", rows).put("shard_samples", shardSamples);
        ArrayNode sampleNodes = json.putArray("samples");
        samples.forEach(sample -> sampleNodes
                .addObject()
                .put("id", sample.id())
                .put("caption", sample.caption())
                .put("seed", sample.seed()));
        ArrayNode shardNodes = json.putArray("shards");
        digests.forEach(shardNodes::add);
        return json;
    }
}
