package org.mixdq4j.core.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 fingerprints as 64 lower-case hexadecimal digits. */
public final class Sha256 {
    private static final int CHUNK_BYTES = 1 << 20;

    private Sha256() {}

    /** Fingerprint of the content of a file, read in pieces. */
    public static String of(Path path) {
        Builder builder = new Builder();
        try (InputStream in = Files.newInputStream(path)) {
            byte[] chunk = new byte[CHUNK_BYTES];
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                builder.add(ByteBuffer.wrap(chunk, 0, count));
            }
        } catch (IOException e) {
            throw AtomicFiles.failure("read", path, e);
        }
        return builder.hex();
    }

    public static String of(byte[] bytes) {
        return new Builder().add(bytes).hex();
    }

    /** The first digits of a fingerprint, enough to tell two apart in a message. */
    public static String brief(String hex) {
        return hex.substring(0, Math.min(12, hex.length()));
    }

    /**
     * Fingerprint of everything added, in order, as if it were one sequence of bytes: where one part ends and the next
     * begins does not count, so add a separator where that matters.
     */
    public static final class Builder {
        private final MessageDigest digest;

        public Builder() {
            try {
                digest = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new AssertionError("every Java platform has SHA-256", e);
            }
        }

        public Builder add(byte[] bytes) {
            digest.update(bytes);
            return this;
        }

        /** Adds what lies between position and limit, and leaves both where they are. */
        public Builder add(ByteBuffer bytes) {
            digest.update(bytes.duplicate());
            return this;
        }

        /** Adds the UTF-8 form of {@code text}. */
        public Builder add(String text) {
            return add(text.getBytes(StandardCharsets.UTF_8));
        }

        /** The fingerprint of what was added so far; the builder starts again from nothing. */
        public String hex() {
            return HexFormat.of().formatHex(digest.digest());
        }
    }
}
