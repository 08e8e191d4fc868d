/**
 * From tables, a budget, pins and protection to bit plans and their frontier. May use all of bitalloc,
 * core.artifact.sensitivity, core.artifact.plan and core.io.
 */
package org.mixdq4j.bitalloc.plan;
