package org.mixdq4j.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.mixdq4j.core.io.Json;

/** Ways to break files. */
final class Damage {
    private Damage() {}

    static void cut(Path file, long bytes) throws IOException {
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), (int) bytes));
    }

    static void json(Path file, Consumer<ObjectNode> edit) throws IOException {
        ObjectNode json = (ObjectNode) Json.read(file);
        edit.accept(json);
        Files.writeString(file, json.toPrettyString());
    }

    /** Changes the header of a safetensors file and leaves its data as it is. */
    static void header(Path file, Consumer<ObjectNode> edit) throws IOException {
        byte[] all = Files.readAllBytes(file);
        int length = (int) ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getLong();
        ObjectNode header = header(all, length);
        edit.accept(header);
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(all.length - length + json.length).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(json.length).put(json).put(all, 8 + length, all.length - 8 - length);
        Files.write(file, out.array());
    }

    /** Replaces the length a safetensors file gives for its header. */
    static void headerLength(Path file, long length) throws IOException {
        ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        Files.write(file, all.putLong(0, length).array());
    }

    /** Overwrites an element of two bytes of a tensor. */
    static void element(Path file, String tensor, int index, int bits) throws IOException {
        ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int length = (int) all.getLong(0);
        int begin = header(all.array(), length)
                .path(tensor)
                .path("data_offsets")
                .path(0)
                .asInt();
        all.putShort(8 + length + begin + 2 * index, (short) bits);
        Files.write(file, all.array());
    }

    static void flipBit(Path file, int at) throws IOException {
        byte[] all = Files.readAllBytes(file);
        all[at] ^= 1;
        Files.write(file, all);
    }

    private static ObjectNode header(byte[] all, int length) {
        return (ObjectNode) Json.parse(new String(all, 8, length, StandardCharsets.UTF_8), "header");
    }
}
