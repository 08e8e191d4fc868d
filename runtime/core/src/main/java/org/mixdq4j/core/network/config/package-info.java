/** Reads fields of a {@code config.json} with one sentence for each way it can be wrong. May use core.error and core.io. */
package org.mixdq4j.core.network.config;
