package org.mixdq4j.core.safetensors;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.AtomicFiles;

/** Finds which file of a model's folder holds its weights, by the names diffusers and transformers give them. */
final class CheckpointFiles {
    private static final String STEM = "(diffusion_pytorch_model|model)";
    private static final Pattern PLAIN = Pattern.compile(STEM + "\\.safetensors(\\.index\\.json)?");
    /** The place of the variant in the name of an index changed between releases of diffusers. */
    private static final Pattern FP16 = Pattern.compile(
            STEM
                    + "(\\.fp16\\.safetensors(\\.index\\.json)?|\\.safetensors\\.index\\.fp16\\.json|\\.safetensors\\.fp16\\.index\\.json)");

    private static final Pattern PICKLE = Pattern.compile(".*\\.(bin|ckpt|pt|pth)");
    private static final Pattern INDEX = Pattern.compile(".*\\.json");

    private CheckpointFiles() {}

    static boolean isIndex(Path file) {
        return INDEX.matcher(name(file)).matches();
    }

    /** The single file or the index to read for {@code path}, a folder or such a file itself. */
    static Path locate(Path path) {
        if (Files.isDirectory(path)) {
            return locateIn(path);
        }
        if (!Files.exists(path)) {
            throw new MixdqException("cannot read weights from " + path + ": it does not exist; check the path");
        }
        if (PICKLE.matcher(name(path)).matches()) {
            throw pickle(path.toString());
        }
        if (!name(path).endsWith(".safetensors") && !isIndex(path)) {
            throw new MixdqException("cannot read weights from " + path
                    + ": it is neither a folder nor a .safetensors file; name one of these");
        }
        return path;
    }

    private static Path locateIn(Path folder) {
        List<Path> files = list(folder);
        for (Pattern wanted : List.of(PLAIN, FP16)) {
            List<Path> found = select(files, wanted.asMatchPredicate());
            if (found.size() > 1) {
                throw new MixdqException(folder + " holds more than one checkpoint (" + names(found)
                        + "); remove all but one or name the file itself");
            }
            if (found.size() == 1) {
                return found.get(0);
            }
        }
        List<Path> others = select(files, name -> name.endsWith(".safetensors"));
        if (!others.isEmpty()) {
            throw new MixdqException(folder + " has no diffusion_pytorch_model.safetensors, model.safetensors or index"
                    + " of shards, only " + names(others) + "; name the file itself or add what is missing");
        }
        List<Path> pickles = select(files, PICKLE.asMatchPredicate());
        if (!pickles.isEmpty()) {
            throw pickle(folder + " (" + names(pickles) + ")");
        }
        throw new MixdqException("no .safetensors file in " + folder + "; check that it is the folder of one network");
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
