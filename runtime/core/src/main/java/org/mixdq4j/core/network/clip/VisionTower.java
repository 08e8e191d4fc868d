package org.mixdq4j.core.network.clip;

import java.util.List;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Broadcast;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Parameter;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.network.block.ModuleScope;
import org.mixdq4j.core.network.block.Tokens;
import org.mixdq4j.core.network.config.ConfigReader;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** CLIP's vision transformer, modules named {@code vision_model.*}. */
record VisionTower(ClipTower tower, int channels, int imageSize, int patchSize) {
    static VisionTower read(ConfigReader config) {
        VisionTower read = new VisionTower(
                ClipTower.read(config, 768, 3072, 12),
                config.count("num_channels", 3),
                config.count("image_size", 224),
                config.count("patch_size", 32));
        if (read.patchSize > read.imageSize) {
            throw config.wrong(
                    "patch_size",
                    Integer.toString(read.patchSize),
                    "at most the image's " + read.imageSize + " pixels");
        }
        return read;
    }

    /** The class token after the last layer and its norm, [I, D]. */
    Value build(GraphBuilder graph, int images) {
        Value pixels = graph.input("pixel_values", DType.F32, Shape.of(images, channels, imageSize, imageSize));
        ModuleScope at = ModuleScope.root(graph).child("vision_model");
        Value x = at.layerNorm("pre_layrnorm", embed(at.child("embeddings"), pixels), tower.epsilon());
        List<Value> states = tower.build(at.child("encoder"), x, false);
        Value first = at.op("class_token", new Slice(1, 0, 1), states.get(tower.layers()));
        Value row = at.op("class_token.row", new Reshape(Shape.of(images, tower.features())), first);
        return at.returns(at.layerNorm("post_layernorm", row, tower.epsilon()));
    }

    private Value embed(ModuleScope at, Value pixels) {
        int features = tower.features();
        int images = pixels.shape().dim(0);
        Value patches = Tokens.of(
                at,
                at.op(
                        "patch_embedding",
                        new Conv2d(channels, features, patchSize, patchSize, patchSize, Conv2d.Padding.same(0), false),
                        pixels));
        Value token = at.op("class_embedding", new Parameter(Shape.of(features), ""));
        token = at.op("class_embedding.token", new Reshape(Shape.of(1, 1, features)), token);
        token = at.op("class_embedding.tokens", new Broadcast(Shape.of(images, 1, features)), token);
        Value sequence = at.op("concat", new Concat(1), token, patches);
        Shape table = Shape.of(sequence.shape().dim(1), features);
        Value places = at.op("position_embedding", new Parameter(table, "weight"));
        return at.returns(at.add("add", sequence, places));
    }
}
