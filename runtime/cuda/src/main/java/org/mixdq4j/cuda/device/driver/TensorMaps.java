package org.mixdq4j.cuda.device.driver;

import static org.bytedeco.cuda.global.cudart.CU_TENSOR_MAP_DATA_TYPE_UINT8;
import static org.bytedeco.cuda.global.cudart.CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE;
import static org.bytedeco.cuda.global.cudart.CU_TENSOR_MAP_INTERLEAVE_NONE;
import static org.bytedeco.cuda.global.cudart.CU_TENSOR_MAP_L2_PROMOTION_L2_128B;
import static org.bytedeco.cuda.global.cudart.CU_TENSOR_MAP_SWIZZLE_128B;
import static org.bytedeco.cuda.global.cudart.CU_TENSOR_MAP_SWIZZLE_32B;
import static org.bytedeco.cuda.global.cudart.CU_TENSOR_MAP_SWIZZLE_64B;
import static org.bytedeco.cuda.global.cudart.CU_TENSOR_MAP_SWIZZLE_NONE;
import static org.bytedeco.cuda.global.cudart.cuTensorMapEncodeTiled;

import java.nio.ByteBuffer;
import org.bytedeco.cuda.cudart.CUtensorMap;
import org.bytedeco.javacpp.Pointer;
import org.mixdq4j.cuda.device.TensorMap;

/** Tensor maps as the copy engine reads them. */
final class TensorMaps {
    private TensorMaps() {}

    /** A buffer for one, at a multiple of 64, which {@code new CUtensorMap()} is not. */
    static ByteBuffer buffer() {
        return ByteBuffer.allocateDirect(TensorMap.BYTES + 63).alignedSlice(64).slice(0, TensorMap.BYTES);
    }

    /** @param to 128 bytes of a direct buffer, at a multiple of 64 */
    static void encode(Calls calls, TensorMap map, ByteBuffer to, String what) {
        Pointer global = new Pointer() {
            {
                address = map.address();
            }
        };
        int result = cuTensorMapEncodeTiled(
                new CUtensorMap(new Pointer(to)),
                CU_TENSOR_MAP_DATA_TYPE_UINT8,
                map.dims().size(),
                global,
                map.dims().stream().mapToLong(Long::longValue).toArray(),
                map.strides().stream().mapToLong(Long::longValue).toArray(),
                map.box().stream().mapToInt(Integer::intValue).toArray(),
                map.steps().stream().mapToInt(Integer::intValue).toArray(),
                CU_TENSOR_MAP_INTERLEAVE_NONE,
                swizzle(map.box().get(0)),
                CU_TENSOR_MAP_L2_PROMOTION_L2_128B,
                CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
        calls.check(result, "describe " + map + " of step '" + what + "'");
    }

    private static int swizzle(int bytes) {
        return switch (bytes) {
            case 32 -> CU_TENSOR_MAP_SWIZZLE_32B;
            case 64 -> CU_TENSOR_MAP_SWIZZLE_64B;
            case 128 -> CU_TENSOR_MAP_SWIZZLE_128B;
            default -> CU_TENSOR_MAP_SWIZZLE_NONE;
        };
    }
}
