/**
 * From tables, a budget, pins and protection to bit plans and their frontier. May use all of bitalloc,
 * core.sensitivity, core.plan and core.io.
 */
package org.mixdq4j.bitalloc.plan;
