package org.mixdq4j.export.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.io.AtomicFile;
import org.mixdq4j.core.io.AtomicFiles;

/**
 * The initializers of a model. Small ones are kept, the bytes of others are put into a file as they come: the one that
 * becomes the model's external data, or, where everything fits one file, is copied into the model and thrown away.
 */
final class TensorStore implements AutoCloseable {
    /** Below this, tensors stand in the model itself: shapes and scales, which runtimes want to know early. */
    private static final int SMALL = 1024;
    /** External tensors begin at whole pages, so that they can be mapped. */
    private static final int PAGE = 4096;

    private static final int NAME = 8;
    private static final int RAW_DATA = 9;
    private static final int EXTERNAL_DATA = 13;
    private static final int DATA_LOCATION = 14;

    /** @param data null: the bytes lie in the file from {@code offset} on */
    private record Entry(String name, OnnxType type, long[] dims, byte[] data, long offset, long length) {}

    /** Gives the bytes of a tensor, in parts of any size. */
    interface Content {
        void writeTo(Sink sink) throws IOException;
    }

    /** Takes them. */
    interface Sink {
        void accept(ByteBuffer bytes) throws IOException;
    }

    private final Path target;
    private final AtomicFile file;
    private final List<Entry> entries = new ArrayList<>();

    /** @param target of the external data */
    TensorStore(Path target) {
        this.target = target;
        this.file = AtomicFile.open(target);
    }

    void add(String name, OnnxType type, long[] dims, byte[] bytes) {
        if (bytes.length < SMALL) {
            entries.add(new Entry(name, type, dims, bytes, 0, bytes.length));
        } else {
            add(name, type, dims, sink -> sink.accept(ByteBuffer.wrap(bytes)));
        }
    }

    void add(String name, OnnxType type, long[] dims, Content content) {
        long elements = 1;
        for (long dim : dims) {
            elements *= dim;
        }
        long length = type.bytes(elements);
        try {
            FileChannel channel = file.channel();
            long start = (channel.position() + PAGE - 1) / PAGE * PAGE;
            channel.position(start);
            content.writeTo(bytes -> {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            });
            if (channel.position() - start != length) {
                throw new IllegalStateException("tensor '" + name + "' of " + length + " bytes was given "
                        + (channel.position() - start) + " bytes");
            }
            entries.add(new Entry(name, type, dims, null, start, length));
        } catch (IOException e) {
            throw AtomicFiles.failure("write", target, e);
        }
    }

    /** Bytes in the file. */
    long bytes() {
        try {
            return file.channel().position();
        } catch (IOException e) {
            throw AtomicFiles.failure("write", target, e);
        }
    }

    /** As fields {@code field} of a message: TensorProtos, their data beside the model. */
    List<Field> external(int field) {
        List<Field> fields = new ArrayList<>();
        for (Entry entry : entries) {
            Message tensor = head(entry);
            if (entry.data() != null) {
                tensor.add(RAW_DATA, entry.data());
            } else {
                property(tensor, "location", target.getFileName().toString());
                property(tensor, "offset", Long.toString(entry.offset()));
                property(tensor, "length", Long.toString(entry.length()));
                tensor.add(DATA_LOCATION, 1);
            }
            fields.add(new Field(new Message().add(field, tensor).bytes(), 0, 0));
        }
        return fields;
    }

    /** As fields {@code field} of a message: TensorProtos with their data. */
    List<Field> inline(int field) {
        List<Field> fields = new ArrayList<>();
        for (Entry entry : entries) {
            Message tensor = head(entry).head(RAW_DATA, entry.length());
            Message start = new Message().head(field, tensor.size() + entry.length());
            byte[] head = concat(start.bytes(), tensor.bytes());
            fields.add(
                    entry.data() != null
                            ? new Field(concat(head, entry.data()), 0, 0)
                            : new Field(head, entry.offset(), entry.length()));
        }
        return fields;
    }

    /** Bytes of a field: some known, then some that lie in the store's file. */
    record Field(byte[] head, long offset, long length) {
        long size() {
            return head.length + length;
        }
    }

    /** Writes a field of {@link #inline} or {@link #external}. */
    void write(Field field, FileChannel to) throws IOException {
        ByteBuffer head = ByteBuffer.wrap(field.head());
        while (head.hasRemaining()) {
            to.write(head);
        }
        long at = field.offset();
        long end = at + field.length();
        while (at < end) {
            at += file.channel().transferTo(at, end - at, to);
        }
    }

    /** Keeps the file, as the model's external data. */
    void commit() {
        file.commit();
    }

    @Override
    public void close() {
        file.close();
    }

    private static Message head(Entry entry) {
        Message tensor = new Message();
        for (long dim : entry.dims()) {
            tensor.add(1, dim);
        }
        return tensor.add(2, entry.type().number()).add(NAME, entry.name());
    }

    private static void property(Message tensor, String key, String value) {
        tensor.add(EXTERNAL_DATA, new Message().add(1, key).add(2, value));
    }

    private static byte[] concat(byte[] a, byte[] b) {
        return ByteBuffer.allocate(a.length + b.length).put(a).put(b).array();
    }
}
