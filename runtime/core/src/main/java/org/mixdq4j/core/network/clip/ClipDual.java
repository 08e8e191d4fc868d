package org.mixdq4j.core.network.clip;

import static org.mixdq4j.core.network.block.ModuleScope.extent;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.L2Normalize;
import org.mixdq4j.core.graph.op.MatMul;
import org.mixdq4j.core.graph.op.Mul;
import org.mixdq4j.core.graph.op.Parameter;
import org.mixdq4j.core.network.block.ModuleScope;
import org.mixdq4j.core.network.config.ConfigReader;
import org.mixdq4j.core.tensor.Shape;

/**
 * transformers' CLIPModel: how well texts describe images. Inputs: {@code input_ids} I64 [T, N], {@code pixel_values}
 * [I, 3, H, W]. Outputs: {@code text_embeds} [T, P] and {@code image_embeds} [I, P], both of length 1, and
 * {@code logits_per_image} [I, T], their scaled products.
 */
public final class ClipDual {
    public static final String NETWORK = "CLIPModel";

    private ClipDual() {}

    /** @throws org.mixdq4j.core.error.MixdqException if the file is incomplete or asks for something not supported */
    public static Graph graph(JsonNode config, int texts, int images) {
        ConfigReader reader = new ConfigReader(config, NETWORK);
        ConfigReader textConfig = tower(reader, "text_config");
        ConfigReader visionConfig = tower(reader, "vision_config");
        TextTower text = TextTower.read(textConfig);
        VisionTower vision = VisionTower.read(visionConfig);
        textConfig.refuseUnread(ClipTower.HARMLESS);
        visionConfig.refuseUnread(ClipTower.HARMLESS);
        int features = reader.count("projection_dim", 512);
        reader.refuseUnread(Set.of("initializer_factor", "logit_scale_init_value", "text_config", "vision_config"));
        extent("number of texts", texts);
        extent("number of images", images);
        return reader.consistent(() -> {
            GraphBuilder graph = new GraphBuilder(NETWORK);
            ModuleScope root = ModuleScope.root(graph);
            Value pooledText = text.build(graph, texts).pooled();
            Value textEmbeds = project(root, "text_projection", pooledText, features);
            Value imageEmbeds = project(root, "visual_projection", vision.build(graph, images), features);
            Value scale = root.op("logit_scale", new Parameter(Shape.of(), ""));
            scale = root.op("logit_scale.exp", new Activate(Activate.Function.EXP), scale);
            Value products = root.op("logits.products", new MatMul(), imageEmbeds, textEmbeds);
            graph.output("text_embeds", textEmbeds);
            graph.output("image_embeds", imageEmbeds);
            graph.output("logits_per_image", root.op("logits", new Mul(), products, scale));
            return graph.build();
        });
    }

    /** Files written by old versions of transformers repeat a tower's settings under a second name. */
    private static ConfigReader tower(ConfigReader reader, String field) {
        return reader.child(reader.has(field) || !reader.has(field + "_dict") ? field : field + "_dict");
    }

    private static Value project(ModuleScope root, String name, Value x, int features) {
        return root.op(name + ".normalized", new L2Normalize(), root.linear(name, x, features, false));
    }
}
