package org.mixdq4j.core.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * One safetensors file, checked when opened and memory-mapped: an 8-byte little-endian length, a JSON header of that
 * length, then the data. Tensors are read-only views of the mapping and stay valid after {@link #close()}; where a
 * foreign writer left the data misaligned for its type, they are copies. Files and tensors may exceed 2 GiB. The file
 * must not be shortened while it is open. Safe for use by several threads.
 *
 * <p>Tensors of a type that {@link DType} does not have (BOOL, F8_E4M3, ...) are listed with their bytes, and fail only when
 * asked for as tensors; {@link SafetensorsFolder} widens 8-bit floats.
 */
public final class SafetensorsFile implements StoredWeights {
    private static final int LENGTH_BYTES = 8;
    /** The limit of the reference implementation, which keeps a foreign file from being taken for a huge header. */
    private static final long MAX_HEADER_BYTES = 100_000_000;

    private static final String GIT_LFS = "version https://git-lfs";

    private final Path path;
    private final long dataStart;
    private final SafetensorsHeader header;
    private final MappedWindows data;

    private SafetensorsFile(Path path, long dataStart, SafetensorsHeader header, MappedWindows data) {
        this.path = path;
        this.dataStart = dataStart;
        this.header = header;
        this.data = data;
    }

    /** @throws MixdqException if the file is missing, truncated or breaks a rule of the format, naming the rule */
    public static SafetensorsFile open(Path path) {
        FileChannel channel = null;
        try {
            channel = FileChannel.open(path, StandardOpenOption.READ);
            SafetensorsFile file = read(path, channel);
            channel = null;
            return file;
        } catch (IOException e) {
            throw AtomicFiles.failure("read", path, e);
        } finally {
            closeQuietly(channel);
        }
    }

    private static SafetensorsFile read(Path path, FileChannel channel) throws IOException {
        long size = channel.size();
        if (size < LENGTH_BYTES) {
            throw SafetensorsHeader.broken(
                    path, "it has " + size + " bytes, and the length of the header alone takes 8");
        }
        ByteBuffer start = readBytes(channel, 0, (int) Math.min(size, 64)).order(ByteOrder.LITTLE_ENDIAN);
        long headerBytes = start.getLong(0);
        if (headerBytes < 0 || headerBytes > MAX_HEADER_BYTES || headerBytes > size - LENGTH_BYTES) {
            throw absurdHeader(path, size, headerBytes, start.array());
        }
        long dataStart = LENGTH_BYTES + headerBytes;
        byte[] json = readBytes(channel, LENGTH_BYTES, (int) headerBytes).array();
        SafetensorsHeader header = SafetensorsHeader.parse(path, json, size - dataStart);
        return new SafetensorsFile(path, dataStart, header, new MappedWindows(channel, size));
    }

    private static ByteBuffer readBytes(FileChannel channel, long position, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, position + bytes.position()) < 0) {
                throw new IOException("the file became shorter while it was read");
            }
        }
        return bytes;
    }

    private static MixdqException absurdHeader(Path path, long size, long headerBytes, byte[] start) {
        String text = new String(start, StandardCharsets.ISO_8859_1);
        if (text.startsWith(GIT_LFS)) {
            return new MixdqException(
                    path + " is a Git LFS pointer, not the weights; fetch them with 'git lfs pull' where it came from");
        }
        if (text.startsWith("PK")) {
            return new MixdqException(path
                    + " is a zip archive (a PyTorch pickle under another name?), not a safetensors file; convert it");
        }
        String promise = "its first 8 bytes promise a header of " + Long.toUnsignedString(headerBytes) + " bytes";
        if (headerBytes < 0 || headerBytes > MAX_HEADER_BYTES) {
            return SafetensorsHeader.broken(path, promise + ", over the limit of " + MAX_HEADER_BYTES);
        }
        return SafetensorsHeader.broken(path, promise + ", but the file has " + size + " bytes in all (truncated?)");
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // Opened for reading only: nothing is lost, and the failure that led here is the one to report.
        }
    }

    public Path path() {
        return path;
    }

    /** The strings under {@code __metadata__}, sorted by key; empty if there are none. */
    public Map<String, String> metadata() {
        return header.metadata();
    }

    /** All names in the order of their data in the file. */
    @Override
    public Set<String> names() {
        return header.entries().keySet();
    }

    @Override
    public String storedType(String name) {
        return entry(name).storedType();
    }

    @Override
    public long[] storedShape(String name) {
        return entry(name).dims().clone();
    }

    @Override
    public long byteSize(String name) {
        return entry(name).bytes();
    }

    @Override
    public ByteBuffer bytes(String name, long offset, int count) {
        TensorEntry entry = entry(name);
        Objects.checkFromIndexSize(offset, count, entry.bytes());
        return count == 0 ? ByteBuffer.allocate(0) : map(dataStart + entry.begin() + offset, count);
    }

    @Override
    public DType dtype(String name) {
        return entry(name).dtype(path);
    }

    @Override
    public Shape shape(String name) {
        return entry(name).shape(path);
    }

    /**
     * {@inheritDoc}
     *
     * @throws MixdqException also if it is over 2 GiB: then ask for {@linkplain #tensor(String, int, int) rows}
     */
    @Override
    public Tensor tensor(String name) {
        TensorEntry entry = entry(name);
        DType dtype = entry.dtype(path);
        return view(entry, dtype, entry.shape(path), 0, entry.bytes());
    }

    @Override
    public Tensor tensor(String name, int fromRow, int toRow) {
        TensorEntry entry = entry(name);
        DType dtype = entry.dtype(path);
        Shape shape = entry.shape(path);
        if (shape.rank() == 0) {
            throw new IllegalArgumentException("a scalar has no rows: " + name);
        }
        Objects.checkFromToIndex(fromRow, toRow, shape.dim(0));
        long rowBytes = shape.dim(0) == 0 ? 0 : entry.bytes() / shape.dim(0);
        return view(entry, dtype, shape.with(0, toRow - fromRow), fromRow * rowBytes, (toRow - fromRow) * rowBytes);
    }

    private Tensor view(TensorEntry entry, DType dtype, Shape shape, long offset, long bytes) {
        if (bytes > Integer.MAX_VALUE) {
            throw new MixdqException(path + ": " + shape + " of tensor '" + entry.name() + "' takes " + bytes
                    + " bytes, over the 2 GiB that can be read at once; read it by rows");
        }
        if (bytes == 0) {
            return Tensor.zeros(dtype, shape);
        }
        long begin = dataStart + entry.begin() + offset;
        ByteBuffer view = map(begin, (int) bytes);
        // Native kernels may load whole vectors of elements and fault on an odd address.
        return Tensor.wrap(dtype, shape, begin % dtype.bytes() == 0 ? view : copy(view));
    }

    private ByteBuffer map(long begin, int bytes) {
        try {
            return data.view(begin, bytes);
        } catch (IOException e) {
            throw AtomicFiles.failure("read", path, e);
        }
    }

    private static ByteBuffer copy(ByteBuffer view) {
        return ByteBuffer.allocateDirect(view.remaining()).put(view).flip();
    }

    private TensorEntry entry(String name) {
        TensorEntry entry = header.entries().get(name);
        if (entry == null) {
            throw new MixdqException(path + " has no tensor '" + name + "' among its "
                    + header.entries().size() + "; check that it belongs to this model");
        }
        return entry;
    }

    @Override
    public void close() {
        try {
            data.close();
        } catch (IOException e) {
            throw AtomicFiles.failure("close", path, e);
        }
    }
}
