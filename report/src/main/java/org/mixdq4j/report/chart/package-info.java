/** Charts as inline SVG, one a class, over a small frame of axes and marks. May use report.html and report.data. */
package org.mixdq4j.report.chart;
