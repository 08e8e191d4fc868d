package org.mixdq4j.core.safetensors;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.AtomicFiles;

/** Finds which file of a model's folder holds its weights, by the names diffusers and transformers give them. */
final class CheckpointFiles {
    /** The variant of files that name none. */
    private static final String PLAIN = "";

    private static final String STEM = "(?:diffusion_pytorch_model|model)";
    private static final Pattern PLAIN_NAME = Pattern.compile(STEM + "\\.safetensors(\\.index\\.json)?");
    /** The place of the variant in the name of an index changed between releases of diffusers. */
    private static final List<Pattern> VARIANT_NAMES = List.of(
            Pattern.compile(STEM + "\\.(.+)\\.safetensors(?:\\.index\\.json)?"),
            Pattern.compile(STEM + "\\.safetensors\\.index\\.(.+)\\.json"),
            Pattern.compile(STEM + "\\.safetensors\\.(.+)\\.index\\.json"));

    private static final Pattern SHARD = Pattern.compile(".*-\\d{5}-of-\\d{5}(\\..*)?\\.safetensors");
    private static final Pattern PICKLE = Pattern.compile(".*\\.(bin|ckpt|pt|pth)");
    private static final Pattern INDEX = Pattern.compile(".*\\.json");

    private CheckpointFiles() {}

    static boolean isIndex(Path file) {
        return INDEX.matcher(name(file)).matches();
    }

    /**
     * The single file or the index to read for {@code path}, a folder or such a file itself.
     *
     * @param wanted the variant to prefer; then come files of no variant, then those of the only one
     */
    static Path locate(Path path, Optional<String> wanted) {
        if (Files.isDirectory(path)) {
            return locateIn(path, wanted);
        }
        if (!Files.exists(path)) {
            throw new MixdqException("cannot read weights from " + path + ": it does not exist; check the path");
        }
        if (PICKLE.matcher(name(path)).matches()) {
            throw pickle(path.toString());
        }
        if (!name(path).endsWith(".safetensors") && !isIndex(path)) {
            throw new MixdqException("cannot read weights from " + path
                    + ": it is neither a folder nor a .safetensors file; give one of these");
        }
        return path;
    }

    /** The variants that weights in a folder come in, sorted; files of no variant count as none. */
    static List<String> variants(Path folder) {
        return byVariant(list(folder)).keySet().stream()
                .filter(name -> !name.equals(PLAIN))
                .toList();
    }

    private static Path locateIn(Path folder, Optional<String> wanted) {
        List<Path> files = list(folder);
        Map<String, List<Path>> variants = byVariant(files);
        if (wanted.isPresent() && variants.containsKey(wanted.get())) {
            return only(folder, variants.get(wanted.get()));
        }
        if (variants.containsKey(PLAIN)) {
            return only(folder, variants.get(PLAIN));
        }
        if (variants.size() == 1) {
            return only(folder, variants.values().iterator().next());
        }
        if (variants.size() > 1) {
            throw new MixdqException(folder + " holds its weights in the variants "
                    + String.join(", ", variants.keySet()) + "; choose one with --variant, or keep only one there");
        }
        throw none(folder, files);
    }

    private static Path only(Path folder, List<Path> found) {
        if (found.size() > 1) {
            throw new MixdqException(folder + " holds more than one checkpoint (" + names(found)
                    + "); move all but one out of the folder");
        }
        return found.get(0);
    }

    private static Map<String, List<Path>> byVariant(List<Path> files) {
        Map<String, List<Path>> variants = new TreeMap<>();
        for (Path file : files) {
            variant(name(file)).ifPresent(variant -> variants.computeIfAbsent(variant, v -> new ArrayList<>())
                    .add(file));
        }
        return variants;
    }

    /** The variant that a checkpoint or an index of one is of; empty for other files, among them shards. */
    private static Optional<String> variant(String name) {
        if (PLAIN_NAME.matcher(name).matches()) {
            return Optional.of(PLAIN);
        }
        if (SHARD.matcher(name).matches()) {
            return Optional.empty();
        }
        return VARIANT_NAMES.stream()
                .map(pattern -> pattern.matcher(name))
                .filter(Matcher::matches)
                .map(matcher -> matcher.group(1))
                .findFirst();
    }

    private static MixdqException none(Path folder, List<Path> files) {
        List<Path> shards = select(files, SHARD.asMatchPredicate());
        if (!shards.isEmpty()) {
            return new MixdqException(folder + " has shards of a checkpoint (" + names(shards)
                    + "), but no index of them (model.safetensors.index.json or"
                    + " diffusion_pytorch_model.safetensors.index.json); download it into the same folder");
        }
        List<Path> others = select(files, name -> name.endsWith(".safetensors"));
        if (!others.isEmpty()) {
            return new MixdqException(folder + " has no diffusion_pytorch_model.safetensors or model.safetensors, only "
                    + names(others) + "; rename the file that holds the weights to one of these names");
        }
        List<Path> pickles = select(files, PICKLE.asMatchPredicate());
        if (!pickles.isEmpty()) {
            return pickle(folder + " (" + names(pickles) + ")");
        }
        return new MixdqException("no .safetensors file in " + folder + "; check that it is the folder of one network");
    }

    private static List<Path> list(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException e) {
            throw AtomicFiles.failure("list", folder, e);
        }
    }

    private static List<Path> select(List<Path> files, Predicate<String> wanted) {
        return files.stream().filter(file -> wanted.test(name(file))).toList();
    }

    private static String names(List<Path> files) {
        String first = files.stream().limit(3).map(CheckpointFiles::name).collect(Collectors.joining(", "));
        return files.size() > 3 ? first + ", ..." : first;
    }

    private static String name(Path file) {
        return file.getFileName().toString();
    }

    private static MixdqException pickle(String where) {
        return new MixdqException("only pickled weights in " + where
                + ": pickles can run code and are not read; convert them to .safetensors with their own framework");
    }
}
