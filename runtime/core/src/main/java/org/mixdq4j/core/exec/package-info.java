/**
 * What an executor must do, and how one is found. May use {@code core.graph}, {@code core.lower}, {@code
 * core.quant}, {@code core.tensor}.
 */
package org.mixdq4j.core.exec;
