package org.mixdq4j.cuda.gemm;

import java.nio.ByteBuffer;
import org.mixdq4j.cuda.device.host.HostMemory;

/** Packed integers as the product sees them: what {@code unpackCodes} does, place by place. For twins. */
final class Unpacking {
    private Unpacking() {}

    /** [n][k] of 8-bit integers. */
    static int[][] bytes(HostMemory memory, long at, int n, int k) {
        ByteBuffer packed = memory.bytes(at, (long) n * k);
        int[][] rows = new int[n][k];
        for (int[] row : rows) {
            for (int i = 0; i < k; i++) {
                row[i] = packed.get();
            }
        }
        return rows;
    }

    /** [n][k] of 4-bit codes. @param group 0 for none */
    static int[][] codes(HostMemory memory, long at, long multipliers, int group, int n, int k) {
        int blocks = (n + Form.BLOCK - 1) / Form.BLOCK;
        int groups = group == 0 ? 0 : (k + group - 1) / group;
        ByteBuffer packed = memory.bytes(at, (long) blocks * (k / Form.BLOCK) * Form.BLOCK_BYTES);
        ByteBuffer factors = group == 0 ? null : memory.bytes(multipliers, (long) blocks * groups * Form.BLOCK);
        int[][] rows = new int[n][k];
        for (int output = 0; output < n; output++) {
            int i = output % Form.BLOCK / 16;
            int h = output / 8 % 2;
            int g = output % 8;
            for (int input = 0; input < k; input++) {
                int s = input / 32 % 2;
                boolean high = input / 16 % 2 == 1;
                int t = input / 4 % 4;
                int block = output / Form.BLOCK * (k / Form.BLOCK) + input / Form.BLOCK;
                int place = block * Form.BLOCK_BYTES + i * 512 + (4 * g + t) * 16 + (2 * s + h) * 4 + input % 4;
                int nibble = packed.get(place) >> (high ? 4 : 0) & 15;
                if (group == 0) {
                    rows[output][input] = (byte) (nibble << 4);
                } else {
                    int factor = (output / Form.BLOCK * groups + input / group) * Form.BLOCK + 16 * i + 2 * g + h;
                    rows[output][input] = (nibble - 8) * Byte.toUnsignedInt(factors.get(factor));
                }
            }
        }
        return rows;
    }
}
