package org.mixdq4j.core.network.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.io.UserCache;

/**
 * Digests of large components that were computed before, on disk: to hash a few GB takes seconds each time a picture is drawn. A
 * digest is known as long as its files are the same: path, inode, size, and the times of their last change, of which the
 * system's own ({@code ctime}) cannot be set back.
 */
final class KnownDigests {
    /** Bytes of files from which on it is worth it. */
    private static final long WORTHWHILE = 128L << 20;
    /** How long a file has to lie before its times tell that it was not changed again. */
    private static final long SETTLED_SECONDS = 2;

    private static final String SHA256 = "sha256";
    private static final String STATE = "state";

    private final Path folder;
    private final long worthwhile;

    /** @param worthwhile bytes of files from which on digests are kept */
    KnownDigests(Path folder, long worthwhile) {
        this.folder = folder;
        this.worthwhile = worthwhile;
    }

    /** Those of this user: {@code $XDG_CACHE_HOME/mixdq4j/digests}, or below {@code ~/.cache}. */
    static KnownDigests ofUser() {
        return new KnownDigests(UserCache.folder("digests"), WORTHWHILE);
    }

    /**
     * A digest, from disk if it is known.
     *
     * @param settings all that it depends on besides the files
     * @param files empty where it is not known which they are: then it is computed
     */
    String get(String settings, List<Path> files, Supplier<String> compute) {
        Optional<String> state = state(settings, files);
        if (state.isEmpty()) {
            return compute.get();
        }
        String names = String.join(
                "\n",
                files.stream().map(file -> file.toAbsolutePath().toString()).toList());
        Path known = folder.resolve(Sha256.of(names.getBytes(StandardCharsets.UTF_8)) + ".json");
        Optional<String> kept = read(known, state.get());
        if (kept.isPresent()) {
            return kept.get();
        }
        String digest = compute.get();
        // What was changed meanwhile, or so shortly before that a change now would have the same time, is not known.
        if (settled(files) && state(settings, files).equals(state)) {
            ObjectNode json = Json.mapper().createObjectNode();
            json.put(STATE, state.get()).put(SHA256, digest);
            try {
                Json.write(known, json);
            } catch (MixdqException e) {
                // It is computed again the next time.
                return digest;
            }
        }
        return digest;
    }

    private static Optional<String> read(Path known, String state) {
        if (!Files.isRegularFile(known)) {
            return Optional.empty();
        }
        try {
            JsonNode json = Json.read(known);
            return json.path(STATE).asText().equals(state)
                    ? Optional.of(json.path(SHA256).asText()).filter(digest -> digest.matches("[0-9a-f]{64}"))
                    : Optional.empty();
        } catch (MixdqException e) {
            return Optional.empty();
        }
    }

    /** What tells that nothing has changed; empty where it is not worthwhile, or the system does not tell. */
    private Optional<String> state(String settings, List<Path> files) {
        long bytes = 0;
        Sha256.Builder state = new Sha256.Builder().add(settings);
        try {
            for (Path file : files) {
                Map<String, Object> found = Files.readAttributes(file, "unix:ino,dev,size,lastModifiedTime,ctime");
                bytes += (Long) found.get("size");
                state.add("\n" + file.toAbsolutePath());
                for (String attribute : List.of("ino", "dev", "size", "lastModifiedTime", "ctime")) {
                    state.add(" " + found.get(attribute));
                }
            }
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return Optional.empty();
        }
        return bytes < worthwhile ? Optional.empty() : Optional.of(state.hex());
    }

    private static boolean settled(List<Path> files) {
        Instant latest = Instant.now().minusSeconds(SETTLED_SECONDS);
        try {
            for (Path file : files) {
                if (((FileTime) Files.getAttribute(file, "unix:ctime"))
                        .toInstant()
                        .isAfter(latest)) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
