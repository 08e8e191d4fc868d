package org.mixdq4j.cuda.device.compile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.io.UserCache;

/**
 * Binaries on disk, one a file, named by all that they are made of. A file begins with the SHA-256 of what follows; one that
 * does not is as if it were not there. Programs that run at once may share a folder.
 */
public final class CubinCache {
    private static final int DIGEST = 32;

    private final Path folder;
    private final KernelCompiler compiler;
    private final AtomicReference<String> trouble = new AtomicReference<>();

    public CubinCache(Path folder, KernelCompiler compiler) {
        this.folder = folder;
        this.compiler = compiler;
    }

    /** {@code $XDG_CACHE_HOME/mixdq4j/cubins}, or below {@code ~/.cache}. */
    public static Path defaultFolder() {
        return UserCache.folder("cubins");
    }

    /** The name of a binary: changes with any source, option or version of the compiler. */
    public static String key(KernelSource source, List<String> options, String version) {
        Sha256.Builder key = new Sha256.Builder();
        // Lengths keep parts apart.
        add(key, version);
        add(key, String.valueOf(options.size()));
        options.forEach(option -> add(key, option));
        add(key, source.text());
        source.headers().forEach((name, text) -> {
            add(key, name);
            add(key, text);
        });
        return key.hex();
    }

    private static void add(Sha256.Builder key, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        key.add(bytes.length + ":").add(bytes);
    }

    /** The binary, from disk if it is there, else compiled and kept. */
    public byte[] get(KernelSource source, List<String> options) {
        Path file = folder.resolve(key(source, options, compiler.version()) + ".cubin");
        Optional<byte[]> kept = read(file);
        if (kept.isPresent()) {
            return kept.get();
        }
        byte[] cubin = compiler.compile(source, options);
        try {
            AtomicFiles.write(file, out -> {
                out.write(digest(cubin));
                out.write(cubin);
            });
        } catch (MixdqException e) {
            trouble.set(e.getMessage());
        }
        return cubin;
    }

    /** Why binaries could not be kept, if so: they are compiled anew each time then. */
    public Optional<String> trouble() {
        return Optional.ofNullable(trouble.get());
    }

    private static Optional<byte[]> read(Path file) {
        try {
            byte[] all = Files.readAllBytes(file);
            if (all.length <= DIGEST) {
                return Optional.empty();
            }
            byte[] cubin = Arrays.copyOfRange(all, DIGEST, all.length);
            return Arrays.equals(digest(cubin), Arrays.copyOf(all, DIGEST)) ? Optional.of(cubin) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static byte[] digest(byte[] bytes) {
        return HexFormat.of().parseHex(Sha256.of(bytes));
    }
}
