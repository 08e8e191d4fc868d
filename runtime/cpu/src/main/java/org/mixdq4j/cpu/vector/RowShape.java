package org.mixdq4j.cpu.vector;

/**
 * The rows that a step computes, and how its work is cut: by this alone, never by the number of threads. Rows lie
 * {@link #stride} elements apart in scratch memory.
 *
 * @param samples parts never reach over a sample's rows
 */
record RowShape(int samples, int rowsPerSample, int columns) {
    /** Elements that are worked on at a time: with an operand of as many, they fit the nearest cache. */
    private static final int CHUNK = 3072;
    /** Elements of a part that a thread takes. */
    private static final int PART = 1 << 14;

    int stride() {
        return Scratch.padded(columns);
    }

    int rows() {
        return samples * rowsPerSample;
    }

    int chunkRows() {
        return Math.max(1, CHUNK / stride());
    }

    int partRows() {
        return Math.max(1, PART / stride());
    }

    int partsPerSample() {
        return (rowsPerSample + partRows() - 1) / partRows();
    }

    int parts() {
        return samples * partsPerSample();
    }

    /** Elements that scratch memory needs: a chunk, or a row's two operands, or sums of columns. */
    int scratch() {
        return Math.max(chunkRows(), 3) * stride();
    }
}
