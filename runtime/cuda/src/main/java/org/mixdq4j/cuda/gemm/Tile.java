package org.mixdq4j.cuda.gemm;

import java.util.Map;
import java.util.TreeMap;
import org.mixdq4j.cuda.device.Geometry;

/**
 * A kernel and the shape of its blocks.
 *
 * @param wgmma {@code gemm_wgmma.cu}, of sm_90a alone; else {@code gemm_mma.cu}
 * @param tokens rows of the result that a block computes
 * @param outputs columns of it
 * @param stages of shared memory that are filled ahead
 * @param split blocks that share one tile's inputs; they form a cluster
 * @param depth bytes of K a stage
 * @param warpsM warps side by side along tokens; {@code mma} only
 * @param warpsN along outputs; {@code mma} only
 */
public record Tile(boolean wgmma, int tokens, int outputs, int stages, int split, int depth, int warpsM, int warpsN) {
    static final int WGMMA_DEPTH = 128;

    static Tile wgmma(int tokens, int outputs, int stages, int split) {
        return new Tile(true, tokens, outputs, stages, split, WGMMA_DEPTH, 0, 0);
    }

    static Tile mma(int tokens, int outputs, int stages, int split, int depth, int warpsM, int warpsN) {
        return new Tile(false, tokens, outputs, stages, split, depth, warpsM, warpsN);
    }

    int threads() {
        return wgmma ? 2 * outputs + 32 : 32 * warpsM * warpsN;
    }

    /** Dynamic shared memory of a block. */
    int sharedBytes(Form form) {
        int codes = tokens * depth + outputs * depth * form.bits() / 8;
        if (wgmma) {
            int stage = codes + (form.group() == 0 ? 0 : 1024);
            return 1024 + Math.max(stages * (stage + 16), tokens * (outputs + 4) * Integer.BYTES);
        }
        int groups = form.group() == 0 ? 0 : Math.max(1, depth / form.group());
        return Math.max(stages * (codes + outputs * groups), tokens * (outputs + 8) * Integer.BYTES);
    }

    /** Blocks that cover a result. @param early whether kernels may start before the one before them ends */
    Geometry geometry(Size size, Form form, boolean early) {
        return new Geometry(
                blocks(size.m(), tokens), blocks(size.n(), outputs), split, threads(), sharedBytes(form), early);
    }

    static int blocks(int extent, int each) {
        return (extent + each - 1) / each;
    }

    Map<String, Object> defines() {
        Map<String, Object> defines = new TreeMap<>();
        defines.put("STAGES", stages);
        defines.put("SPLIT", split);
        if (wgmma) {
            defines.put("TN", tokens);
            defines.put("TM", outputs);
        } else {
            defines.put("BM", tokens);
            defines.put("BN", outputs);
            defines.put("BK", depth);
            defines.put("WARPS_M", warpsM);
            defines.put("WARPS_N", warpsN);
        }
        return defines;
    }

    @Override
    public String toString() {
        return (wgmma ? "wgmma " : "mma ") + tokens + "x" + outputs + " s" + stages
                + (split > 1 ? " split" + split : "");
    }
}
