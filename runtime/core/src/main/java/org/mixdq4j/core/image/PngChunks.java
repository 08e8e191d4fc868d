package org.mixdq4j.core.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.mixdq4j.core.error.MixdqException;

/** The chunks of a PNG file up to IEND, each one complete and with a right checksum. */
record PngChunks(String name, List<Chunk> chunks) {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    record Chunk(String type, byte[] data) {}

    static PngChunks parse(byte[] file, String name) {
        if (file.length == 0
                || !Arrays.equals(file, 0, Math.min(8, file.length), SIGNATURE, 0, Math.min(8, file.length))) {
            throw new MixdqException("Picture " + name + " is not a PNG file: it "
                    + (file.length == 0 ? "is empty" : "does not begin with PNG's signature") + "; convert it to PNG.");
        }
        List<Chunk> chunks = new ArrayList<>();
        PngChunks result = new PngChunks(name, chunks);
        int at = SIGNATURE.length;
        while (true) {
            if (file.length - at < 12) {
                throw result.truncated();
            }
            ByteBuffer head = ByteBuffer.wrap(file, at, 8);
            int length = head.getInt();
            String type = new String(file, at + 4, 4, StandardCharsets.ISO_8859_1);
            if (length < 0 || !type.chars().allMatch(c -> c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z')) {
                throw result.damaged("byte " + at + " does not begin a chunk");
            }
            if (length > file.length - at - 12) {
                throw result.truncated();
            }
            CRC32 crc = new CRC32();
            crc.update(file, at + 4, 4 + length);
            if ((int) crc.getValue()
                    != ByteBuffer.wrap(file, at + 8 + length, 4).getInt()) {
                throw result.damaged("the checksum of chunk " + type + " at byte " + at + " is wrong");
            }
            if (type.equals("IEND")) {
                return result;
            }
            chunks.add(new Chunk(type, Arrays.copyOfRange(file, at + 8, at + 8 + length)));
            at += 12 + length;
        }
    }

    MixdqException truncated() {
        return damaged("it ends before its last chunk");
    }

    MixdqException damaged(String found) {
        return new MixdqException(
                "PNG file " + name + " is damaged or cut short: " + found + "; write or copy it again.");
    }

    static void append(ByteArrayOutputStream out, String type, byte[] data) {
        byte[] typeBytes = type.getBytes(StandardCharsets.ISO_8859_1);
        CRC32 crc = new CRC32();
        crc.update(typeBytes);
        crc.update(data);
        out.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
        out.writeBytes(typeBytes);
        out.writeBytes(data);
        out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    static void appendSignature(ByteArrayOutputStream out) {
        out.writeBytes(SIGNATURE);
    }
}
