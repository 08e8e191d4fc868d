package org.mixdq4j.core.network.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.AtomicFiles;

/** Paths that are no model but have to do with the Hugging Face hub: what to pass instead. Nothing is ever downloaded. */
final class HubPaths {
    private static final String REPOSITORY = "models--";
    private static final String SNAPSHOTS = "snapshots";

    private HubPaths() {}

    /** A path that does not exist and reads like {@code organisation/name}. */
    static Optional<MixdqException> missing(Path path) {
        String name = path.toString();
        if (path.isAbsolute()
                || !name.matches("[A-Za-z0-9][\\w.-]*/[A-Za-z0-9][\\w.-]*")
                || name.endsWith(".safetensors")) {
            return Optional.empty();
        }
        return Optional.of(
                new MixdqException("There is no model " + name + ", which looks like the name of a repository;"
                        + " models are read from the disk: hf download " + name
                        + " --local-dir FOLDER, then --model FOLDER."));
    }

    /** A folder without model_index.json that belongs to the hub's cache. */
    static Optional<MixdqException> folder(Path path) {
        Path folder = path.toAbsolutePath().normalize();
        Path name = folder.getFileName();
        if (name != null && name.toString().equals(SNAPSHOTS) && folder.getParent() != null) {
            folder = folder.getParent();
            name = folder.getFileName();
        }
        if (name != null && name.toString().startsWith(REPOSITORY)) {
            return Optional.of(cachedRepository(folder));
        }
        List<String> repositories = names(folder).stream()
                .filter(child -> child.startsWith(REPOSITORY))
                .map(HubPaths::repository)
                .toList();
        return repositories.isEmpty()
                ? Optional.empty()
                : Optional.of(new MixdqException("The folder " + path
                        + " is the cache of the hub; pass a snapshot of one of its repositories " + repositories
                        + ": --model "
                        + path.resolve("models--...").resolve(SNAPSHOTS).resolve("...") + "."));
    }

    private static MixdqException cachedRepository(Path folder) {
        String found = "The folder " + folder + " is the cache folder of the repository "
                + repository(folder.getFileName().toString());
        Path snapshots = folder.resolve(SNAPSHOTS);
        List<String> hashes = names(snapshots);
        Optional<String> chosen =
                hashes.size() == 1 ? Optional.of(hashes.get(0)) : main(folder).filter(hashes::contains);
        return new MixdqException(
                chosen.map(hash -> found + "; pass its snapshot: --model " + snapshots.resolve(hash) + ".")
                        .orElseGet(() -> found
                                + (hashes.isEmpty()
                                        ? " and holds no snapshot; download it again."
                                        : "; pass one of its snapshots, one of " + hashes + " in " + snapshots + ".")));
    }

    private static Optional<String> main(Path folder) {
        Path ref = folder.resolve("refs").resolve("main");
        try {
            return Files.isRegularFile(ref) ? Optional.of(Files.readString(ref).strip()) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static String repository(String folder) {
        return folder.substring(REPOSITORY.length()).replaceFirst("--", "/");
    }

    private static List<String> names(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(folder)) {
            return children.map(child -> child.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw AtomicFiles.failure("read", folder, e);
        }
    }
}
