package org.mixdq4j.bench.picture;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.mixdq4j.bench.step.Component;
import org.mixdq4j.bench.weights.RandomCheckpoint;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.progress.Progress;

/**
 * Writes a whole model of random weights in diffusers' layout, from a folder of configurations. A T5 and its tokenizer are
 * noted as absent, without which models draw as well.
 */
public final class RandomModel {
    private static final String INDEX = "model_index.json";
    private static final Set<String> ABSENT = Set.of("text_encoder_3", "tokenizer_3");
    private static final long SHARD_BYTES = 2_000_000_000;

    private final Path configs;
    private final Path tokenizer;
    private final Map<String, Path> present;
    private final long seed;

    /**
     * @param configs a folder with model_index.json and a folder of each component
     * @param tokenizer folder of a CLIP vocabulary, which all tokenizers get
     * @param present folders of components that there are already by name: their files are linked
     */
    public RandomModel(Path configs, Path tokenizer, Map<String, Path> present, long seed) {
        this.configs = configs;
        this.tokenizer = tokenizer;
        this.present = present;
        this.seed = seed;
    }

    /** Writes it. The index comes last: a folder without one is no model. */
    public void write(Path out, Progress progress) {
        ObjectNode index = Json.read(configs.resolve(INDEX)).deepCopy();
        List<String> components = new ArrayList<>();
        index.fieldNames().forEachRemaining(name -> {
            if (index.get(name).path(1).isTextual()) {
                components.add(name);
            }
        });
        for (String name : present.keySet()) {
            if (!components.contains(name)) {
                throw new UsageException("The model of " + configs + " has no component '" + name + "', it has "
                        + String.join(", ", components) + "; give --have NAME=FOLDER with one of these.");
            }
        }
        for (String name : components) {
            Path folder = out.resolve(name);
            if (present.containsKey(name)) {
                fill(folder, present.get(name), true);
            } else if (ABSENT.contains(name)) {
                index.putArray(name).addNull().addNull();
            } else if (name.startsWith("tokenizer")) {
                fill(folder, tokenizer, false);
            } else if (Files.exists(configs.resolve(name).resolve("config.json"))) {
                Component component = Component.open(configs.resolve(name));
                RandomCheckpoint.write(folder, component.config(), component.graphs(), seed, SHARD_BYTES, progress);
            } else {
                fill(folder, configs.resolve(name), false);
            }
        }
        Json.write(out.resolve(INDEX), index);
    }

    /** The files of one folder into another, as links where that is asked for and the disk is the same. */
    private static void fill(Path to, Path from, boolean link) {
        AtomicFiles.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = to.resolve(file.getFileName().toString());
                Files.deleteIfExists(target);
                if (!link || !linked(target, file)) {
                    Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        } catch (IOException e) {
            throw AtomicFiles.failure("write", to, e);
        }
    }

    private static boolean linked(Path target, Path file) {
        try {
            Files.createLink(target, file);
            return true;
        } catch (FileSystemException | UnsupportedOperationException e) {
            return false;
        } catch (IOException e) {
            throw AtomicFiles.failure("link", target, e);
        }
    }
}
