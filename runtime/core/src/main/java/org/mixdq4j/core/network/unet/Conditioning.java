package org.mixdq4j.core.network.unet;

import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.TimestepEmbedding;
import org.mixdq4j.core.network.block.ModuleScope;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** Timestep, and where a model has them guidance scale, pooled text and picture sizes, as one vector for all resnets. */
final class Conditioning {
    private static final double MAX_PERIOD = 10_000;

    private final UNetConfig config;
    private final GraphBuilder graph;
    private final ModuleScope root;
    private final int batch;

    Conditioning(UNetConfig config, GraphBuilder graph, int batch) {
        this.config = config;
        this.graph = graph;
        this.root = ModuleScope.root(graph);
        this.batch = batch;
    }

    /** [B, timeFeatures], after the activation that every resnet applies first. */
    Value build(int timeIds) {
        Value vector = timestep();
        if (config.added().isPresent()) {
            vector = root.add("conditioning", vector, added(config.added().get(), timeIds));
        }
        return root.silu("conditioning.nonlinearity", vector);
    }

    private Value timestep() {
        Value t = graph.input("timestep", DType.F32, Shape.of(batch));
        Value h = root.op("time_proj", sinusoid(config.channels().get(0)), t);
        ModuleScope at = root.child("time_embedding");
        if (config.timeCondition().isPresent()) {
            int features = config.timeCondition().get();
            Value condition = graph.input("timestep_cond", DType.F32, Shape.of(batch, features));
            Value projected = at.linear("cond_proj", condition, h.shape().dim(-1), false);
            h = at.add("add_cond", h, projected);
        }
        return embed(at, h);
    }

    private Value added(UNetConfig.Added added, int timeIds) {
        int idFeatures = timeIds * added.featuresPerId();
        int textFeatures = added.features() - idFeatures;
        if (textFeatures < 1) {
            throw new MixdqException("The config.json of " + UNetConfig.NETWORK + " has " + added.features()
                    + " in 'projection_class_embeddings_input_dim', expected more than the " + idFeatures
                    + " features of " + timeIds + " time ids; take the file from the folder of the weights.");
        }
        Value text = graph.input("text_embeds", DType.F32, Shape.of(batch, textFeatures));
        Value ids = graph.input("time_ids", DType.F32, Shape.of(batch, timeIds));
        Value flat = root.op("add_time_proj.ids", new Reshape(Shape.of(batch * timeIds)), ids);
        Value waves = root.op("add_time_proj", sinusoid(added.featuresPerId()), flat);
        ModuleScope at = root.child("add_embedding");
        Value rows = at.op("time_embeds", new Reshape(Shape.of(batch, idFeatures)), waves);
        return embed(at, at.op("concat", new Concat(1), text, rows));
    }

    private Value embed(ModuleScope at, Value x) {
        Value h = at.silu("act", at.linear("linear_1", x, config.timeFeatures(), true));
        return at.returns(at.linear("linear_2", h, config.timeFeatures(), true));
    }

    private TimestepEmbedding sinusoid(int features) {
        return new TimestepEmbedding(features, config.flipSinToCos(), config.freqShift(), MAX_PERIOD);
    }
}
