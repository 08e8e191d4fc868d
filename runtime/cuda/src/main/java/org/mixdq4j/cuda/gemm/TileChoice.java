package org.mixdq4j.cuda.gemm;

import java.util.List;
import org.mixdq4j.cuda.device.DeviceInfo;

/** Which of several tiles a product is computed with. All give the same bits. */
@FunctionalInterface
public interface TileChoice {
    /** The one that is estimated to be the fastest. */
    TileChoice RULE = (candidates, size, form, info) -> candidates.get(0);

    /** @param candidates not empty, the one that is estimated to be the fastest first */
    Tile choose(List<Tile> candidates, Size size, Form form, DeviceInfo info);
}
