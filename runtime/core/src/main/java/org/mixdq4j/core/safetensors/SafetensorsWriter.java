package org.mixdq4j.core.safetensors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.AtomicFile;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Writes a safetensors file of any size tensor by tensor, or rows by rows, without holding it in memory. The layout is
 * fixed first, then the data comes in that order. The file appears under its name only with {@link #finish()}; closing
 * without it leaves nothing behind. Equal input gives equal bytes.
 */
public final class SafetensorsWriter implements AutoCloseable {
    private static final int ALIGNMENT = 8;

    private final Path target;
    private final AtomicFile file;
    private final List<Map.Entry<String, TensorInfo>> layout;
    private int current;
    private long currentBytes;
    private boolean finished;

    private SafetensorsWriter(Path target, AtomicFile file, Map<String, TensorInfo> layout) {
        this.target = target;
        this.file = file;
        this.layout = layout.entrySet().stream()
                .map(entry -> Map.entry(entry.getKey(), entry.getValue()))
                .toList();
    }

    /**
     * Starts a file.
     *
     * @param layout the tensors in the order in which they will be written; see {@link #aligned}
     * @param metadata strings for {@code __metadata__}, written sorted by key; nothing is written if empty
     */
    public static SafetensorsWriter create(Path target, Map<String, TensorInfo> layout, Map<String, String> metadata) {
        byte[] header = header(layout, metadata);
        SafetensorsWriter writer = new SafetensorsWriter(target, AtomicFile.open(target), layout);
        try {
            ByteBuffer start = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
            writer.append(start.putLong(header.length).put(header).flip());
            return writer;
        } catch (RuntimeException e) {
            writer.close();
            throw e;
        }
    }

    /** Writes {@code tensors} at once, in {@linkplain #aligned aligned} order. */
    public static void write(Path target, Map<String, Tensor> tensors, Map<String, String> metadata) {
        Map<String, TensorInfo> layout = aligned(tensors.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> TensorInfo.of(entry.getValue()))));
        try (SafetensorsWriter writer = create(target, layout, metadata)) {
            layout.keySet().forEach(name -> writer.write(name, tensors.get(name)));
            writer.finish();
        }
    }

    /**
     * {@code layout} ordered by element size, largest first, then by name. The format allows no padding between
     * tensors, so this order is what keeps each aligned to its type; others are valid, but readers may have to copy.
     */
    public static Map<String, TensorInfo> aligned(Map<String, TensorInfo> layout) {
        Comparator<Map.Entry<String, TensorInfo>> bySize =
                Comparator.comparingInt(entry -> -entry.getValue().dtype().bytes());
        Map<String, TensorInfo> ordered = new LinkedHashMap<>();
        layout.entrySet().stream()
                .sorted(bySize.thenComparing(Map.Entry.comparingByKey()))
                .forEachOrdered(entry -> ordered.put(entry.getKey(), entry.getValue()));
        return ordered;
    }

    /** Writes all of the tensor whose turn it is. */
    public void write(String name, Tensor tensor) {
        TensorInfo info = turnOf(name);
        if (currentBytes != 0 || !TensorInfo.of(tensor).equals(info)) {
            throw new IllegalArgumentException("expected all of '" + name + "' as " + info + ", found " + tensor);
        }
        append(tensor.buffer());
        current++;
    }

    /** Writes the next rows (entries of the first axis) of the tensor whose turn it is. */
    public void writeRows(String name, Tensor rows) {
        TensorInfo info = turnOf(name);
        Shape shape = rows.shape();
        boolean fits = rows.dtype() == info.dtype()
                && shape.rank() > 0
                && shape.rank() == info.shape().rank()
                && shape.with(0, 0).equals(info.shape().with(0, 0));
        long bytes = TensorInfo.of(rows).bytes();
        if (!fits || currentBytes + bytes > info.bytes()) {
            throw new IllegalArgumentException("expected rows of '" + name + "' as " + info + " after " + currentBytes
                    + " of its " + info.bytes() + " bytes, found " + rows);
        }
        append(rows.buffer());
        currentBytes += bytes;
        if (currentBytes == info.bytes()) {
            current++;
            currentBytes = 0;
        }
    }

    /** Writes all of the tensor whose turn it is from a spool that has it. */
    public void write(String name, TensorSpool spool) {
        TensorInfo info = turnOf(name);
        if (currentBytes != 0 || !info.equals(spool.infos().get(name))) {
            throw new IllegalArgumentException("expected all of '" + name + "' as " + info + ", found "
                    + spool.infos().get(name));
        }
        try {
            spool.copy(name, file.channel());
        } catch (IOException e) {
            throw AtomicFiles.failure("write", target, e);
        }
        current++;
    }

    /** Moves the complete file into place. */
    public void finish() {
        skipEmptyUntil(null);
        if (finished || current < layout.size()) {
            throw new IllegalStateException(
                    finished ? "already finished: " + target : target + " still lacks data of '" + name() + "'");
        }
        file.commit();
        finished = true;
    }

    /** Deletes what was written unless it was {@linkplain #finish() finished}. */
    @Override
    public void close() {
        file.close();
    }

    private TensorInfo turnOf(String name) {
        skipEmptyUntil(name);
        if (current == layout.size() || !name().equals(name)) {
            throw new IllegalStateException("out of order in " + target + ": got data of '" + name + "', expected "
                    + (current == layout.size() ? "no more" : "'" + name() + "'"));
        }
        return layout.get(current).getValue();
    }

    /** A tensor without elements may be written or left out: a loop over rows never comes to write it. */
    private void skipEmptyUntil(String name) {
        while (current < layout.size()
                && !name().equals(name)
                && layout.get(current).getValue().bytes() == 0) {
            current++;
        }
    }

    private String name() {
        return layout.get(current).getKey();
    }

    private void append(ByteBuffer bytes) {
        try {
            while (bytes.hasRemaining()) {
                file.channel().write(bytes);
            }
        } catch (IOException e) {
            throw AtomicFiles.failure("write", target, e);
        }
    }

    private static byte[] header(Map<String, TensorInfo> layout, Map<String, String> metadata) {
        ObjectNode root = Json.mapper().createObjectNode();
        if (!metadata.isEmpty()) {
            ObjectNode node = root.putObject(SafetensorsHeader.METADATA);
            new TreeMap<>(metadata).forEach(node::put);
        }
        long at = 0;
        for (Map.Entry<String, TensorInfo> entry : layout.entrySet()) {
            if (entry.getKey().equals(SafetensorsHeader.METADATA)) {
                throw new IllegalArgumentException("a tensor cannot be called " + SafetensorsHeader.METADATA);
            }
            TensorInfo info = entry.getValue();
            ObjectNode node =
                    root.putObject(entry.getKey()).put("dtype", info.dtype().name());
            ArrayNode shape = node.putArray("shape");
            for (int dim : info.shape().toArray()) {
                shape.add(dim);
            }
            long end = Math.addExact(at, info.bytes());
            node.putArray("data_offsets").add(at).add(end);
            at = end;
        }
        return padded(root);
    }

    private static byte[] padded(ObjectNode root) {
        String json;
        try {
            json = Json.mapper().writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new MixdqException("the header of a safetensors file cannot be written as JSON", e);
        }
        int bytes = json.getBytes(StandardCharsets.UTF_8).length;
        int padding = (ALIGNMENT - bytes % ALIGNMENT) % ALIGNMENT;
        return (json + " ".repeat(padding)).getBytes(StandardCharsets.UTF_8);
    }
}
