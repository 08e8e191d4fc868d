package org.mixdq4j.export.onnx;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A Protocol Buffers message being written: fields in the order they are added, as the wire format has them. */
final class Message {
    private static final int VARINT = 0;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** An integer or enum field. */
    Message add(int field, long value) {
        tag(field, VARINT);
        varint(value);
        return this;
    }

    Message add(int field, float value) {
        tag(field, FIXED32);
        int bits = Float.floatToRawIntBits(value);
        for (int shift = 0; shift < 32; shift += 8) {
            out.write(bits >>> shift);
        }
        return this;
    }

    Message add(int field, String text) {
        return add(field, text.getBytes(StandardCharsets.UTF_8));
    }

    Message add(int field, Message message) {
        return add(field, message.bytes());
    }

    Message add(int field, byte[] bytes) {
        head(field, bytes.length);
        out.writeBytes(bytes);
        return this;
    }

    /** What stands before a field of {@code length} bytes that are written by somebody else. */
    Message head(int field, long length) {
        tag(field, BYTES);
        varint(length);
        return this;
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    int size() {
        return out.size();
    }

    private void tag(int field, int type) {
        varint((long) field << 3 | type);
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }
}
