package org.mixdq4j.core.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.tensor.Shape;

/** A sparse file of 4 GiB, which takes no disk: a tensor of 3 GiB, then one of 1 GiB, then a small one. */
class LargeSafetensorsTest {
    private static final int ROW = 1024;
    private static final int ROWS = 3 << 18;
    private static final long BIG = (long) ROWS * ROW * 4;
    private static final long END = 4L << 30;

    @TempDir
    Path dir;

    private Path path;
    private long dataStart;

    @BeforeEach
    void makeSparseFile() throws IOException {
        path = dir.resolve("big.safetensors");
        String header = "{" + RawFile.tensor("big", "F32", "[" + ROWS + "," + ROW + "]", "[0," + BIG + "]") + ","
                + RawFile.tensor("gib", "U8", "[1024,1048576]", "[" + BIG + "," + END + "]") + ","
                + RawFile.tensor("last", "F32", "[2]", "[" + END + "," + (END + 8) + "]") + "}";
        header += " ".repeat(8 - header.length() % 8);
        byte[] start = RawFile.bytes(header, 0);
        dataStart = start.length;
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.write(start);
            file.setLength(dataStart + END + 8);
        }
        putFloat(0, 1f);
        putFloat((1L << 30) - 4, 2f);
        putFloat(1L << 31, 3f);
        putFloat(BIG - 4, 4f);
        putFloat(END - 4, 5f);
        putFloat(END + 4, 6f);
    }

    @Test
    void readsRowsAnywhereInATensorOver2GiB() {
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.byteSize("big")).isEqualTo(3L << 30);
            assertThat(at(file, 0)).isEqualTo(1f);
            assertThat(at(file, (1L << 30) - 4)).isEqualTo(2f);
            assertThat(at(file, 1L << 31)).isEqualTo(3f);
            assertThat(at(file, BIG - 4)).isEqualTo(4f);
            assertThat(at(file, BIG - 8)).isZero();
        }
    }

    @Test
    void readsMoreRowsAtOnceThanAWindowHolds() {
        int from = (1 << 18) - 1;
        int to = from + (1 << 19) - 1;
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            var rows = file.tensor("big", from, to);
            assertThat(rows.shape()).isEqualTo(Shape.of((1 << 19) - 1, ROW));
            assertThat(rows.floats().get(ROW - 1)).isEqualTo(2f);
        }
    }

    @Test
    void readsTensorsThatLieBehind2GiB() {
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            ByteBuffer gib = file.tensor("gib").buffer();
            assertThat(gib.capacity()).isEqualTo(1 << 30);
            assertThat(gib.getFloat((1 << 30) - 4)).isEqualTo(5f);
            assertThat(file.tensor("last").toFloatArray()).containsExactly(0f, 6f);
        }
    }

    @Test
    void saysThatATensorOver2GiBIsReadByRows() {
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThatThrownBy(() -> file.tensor("big"))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContainingAll(path.toString(), "'big'", "2 GiB", "by rows");
            assertThatThrownBy(() -> file.tensor("big", 0, ROWS - 1))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContaining("by rows");
        }
    }

    private static float at(SafetensorsFile file, long offset) {
        long element = offset / 4;
        int row = (int) (element / ROW);
        return file.tensor("big", row, row + 1).floats().get((int) (element % ROW));
    }

    private void putFloat(long offset, float value) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(dataStart + offset);
            file.write(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putFloat(value)
                    .array());
        }
    }
}
