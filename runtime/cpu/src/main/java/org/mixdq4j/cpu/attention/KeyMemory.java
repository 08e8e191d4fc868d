package org.mixdq4j.cpu.attention;

import static org.bytedeco.dnnl.global.dnnl.dnnl_u8;

import java.nio.ByteBuffer;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.Resources;

/** Where the step that runs keeps its keys and values in integers, all heads'. One for all steps: the largest says its size. */
final class KeyMemory implements Resources.Native {
    private long most = 1;
    private NativeMemory memory;
    private ByteBuffer buffer;
    /** Scales and middles of the values' columns. */
    float[] columns = new float[0];
    /** Scales of queries. */
    float[] queryScales = new float[0];
    /** Of each head: 0, or NaN if a key is not finite. */
    float[] keyChecks = new float[0];

    /** To be called while steps are planned. */
    void reserve(long bytes, int heads, int numbers, int queries) {
        most = Math.max(most, bytes);
        columns = columns.length < numbers ? new float[numbers] : columns;
        queryScales = queryScales.length < queries ? new float[queries] : queryScales;
        keyChecks = keyChecks.length < heads ? new float[heads] : keyChecks;
        release();
    }

    /** To be called before a step's parts are. */
    void bind() {
        if (memory == null) {
            memory = NativeMemory.zeros(NativeMemory.rowMajor(dnnl_u8, most));
            buffer = memory.buffer();
        }
    }

    ByteBuffer buffer() {
        return buffer;
    }

    long address() {
        return memory.addressValue();
    }

    private void release() {
        if (memory != null) {
            memory.close();
            memory = null;
        }
    }

    @Override
    public void close() {
        release();
    }
}
