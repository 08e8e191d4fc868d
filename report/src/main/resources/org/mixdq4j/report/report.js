
(function () {
  'use strict';
  document.documentElement.classList.add('js');
  var layers = JSON.parse(document.getElementById('layers').textContent);
  var svgs = Array.from(document.querySelectorAll('svg.plot'));
  var state = { kind: '', group: '', bits: '', type: '', find: '' };

  // Points of a path of marks, parsed when they are first needed.
  function points(path) {
    if (!path.points) {
      var ids = path.dataset.l.split(' '), values = path.dataset.v.split('|'), at = 0;
      path.points = [];
      path.getAttribute('d').replace(/M([-\d.]+) ([-\d.]+)/g, function (all, x, y) {
        path.points.push({ x: +x, y: +y, layer: +ids[at], value: values[at] });
        at++;
      });
    }
    return path.points;
  }
  function shown(svg) {
    return Array.from(svg.querySelectorAll('path.marks')).filter(function (path) { return !path.classList.contains('off'); });
  }
  function ring(svg, x, y, style) {
    var circle = document.createElementNS(svg.namespaceURI, 'circle');
    circle.setAttribute('cx', x);
    circle.setAttribute('cy', y);
    circle.setAttribute('r', 6);
    circle.setAttribute('class', style);
    svg.appendChild(circle);
  }
  function clear(style) {
    document.querySelectorAll('.' + style).forEach(function (mark) { mark.remove(); });
  }

  // Tooltips: the nearest mark of the chart under the pointer; the same layer is ringed in every chart.
  var tip = document.createElement('div');
  tip.id = 'tip';
  tip.hidden = true;
  document.body.appendChild(tip);
  svgs.forEach(function (svg) {
    svg.querySelectorAll('path.marks > title').forEach(function (title) { title.remove(); });
    svg.addEventListener('pointermove', function (event) { hover(svg, event); });
    svg.addEventListener('pointerdown', function (event) { hover(svg, event); });
    svg.addEventListener('pointerleave', leave);
  });
  function leave() {
    tip.hidden = true;
    clear('near');
  }
  function hover(svg, event) {
    var at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    var best = null, least = 28 * 28;
    shown(svg).forEach(function (path) {
      var bar = path.classList.contains('bars');
      points(path).forEach(function (point) {
        var dx = point.x - at.x, dy = bar ? 0 : point.y - at.y, distance = dx * dx + dy * dy;
        if (distance < least) {
          least = distance;
          best = { point: point, path: path };
        }
      });
    });
    leave();
    if (!best) return;
    var layer = layers[best.point.layer] || ['', ''];
    tip.textContent = '';
    var name = document.createElement('b');
    name.textContent = layer[0];
    var words = document.createElement('span');
    words.textContent = [layer[1], best.path.dataset.s, (svg.dataset.u || '{}').replace('{}', function () { return best.point.value; })].filter(Boolean).join(' · ');
    tip.append(name, words);
    tip.hidden = false;
    var box = tip.getBoundingClientRect();
    tip.style.left = Math.max(6, Math.min(event.clientX + 14, innerWidth - box.width - 6)) + 'px';
    tip.style.top = (event.clientY + 18 + box.height > innerHeight ? event.clientY - box.height - 12 : event.clientY + 18) + 'px';
    svgs.forEach(function (other) {
      shown(other).forEach(function (path) {
        points(path).forEach(function (point) {
          if (point.layer === best.point.layer) ring(other, point.x, point.y, 'near');
        });
      });
    });
  }

  // Filters work on charts and rows of the sensitivity section; the search also marks layers in all charts.
  var form = document.querySelector('.filters');
  var section = document.getElementById('sensitivity');
  function passes(element) {
    return ['kind', 'group', 'bits', 'type'].every(function (key) {
      var value = element.dataset[key];
      if (!state[key] || value === undefined) return true;
      return value === state[key] || value === 'all' && key !== 'type';
    });
  }
  function apply() {
    section.querySelectorAll('svg [data-kind], #layers-table tbody tr').forEach(function (element) {
      var name = element.tagName === 'TR' ? element.firstElementChild.textContent.toLowerCase() : '';
      element.classList.toggle('off', !passes(element) || element.tagName === 'TR' && name.indexOf(state.find) < 0);
    });
    clear('found');
    var found = new Set();
    if (state.find) {
      layers.forEach(function (layer, number) { if (layer[0].toLowerCase().indexOf(state.find) >= 0) found.add(number); });
      svgs.forEach(function (svg) {
        shown(svg).forEach(function (path) {
          points(path).forEach(function (point) { if (found.has(point.layer)) ring(svg, point.x, point.y, 'found'); });
        });
      });
    }
    var out = form.querySelector('output');
    out.textContent = state.find ? found.size + (found.size === 1 ? ' layer' : ' layers') : '';
  }
  if (form) {
    form.addEventListener('submit', function (event) { event.preventDefault(); });
    form.addEventListener('input', function (event) {
      state[event.target.name] = event.target.value.trim().toLowerCase();
      if (event.target.name !== 'find') state[event.target.name] = event.target.value;
      apply();
    });
  }

  // Columns sort by what their cells carry, numbers as numbers; what is missing goes last.
  document.querySelectorAll('table').forEach(function (table) {
    table.querySelectorAll('thead th').forEach(function (head, column) {
      var button = document.createElement('button');
      button.type = 'button';
      button.textContent = head.textContent;
      head.textContent = '';
      head.appendChild(button);
      button.addEventListener('click', function () {
        var down = head.getAttribute('aria-sort') === 'ascending';
        table.querySelectorAll('thead th').forEach(function (other) { other.removeAttribute('aria-sort'); });
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        var rows = Array.from(table.tBodies[0].rows).map(function (row) {
          var cell = row.cells[column], key = cell.dataset.k;
          return { row: row, key: key === undefined ? cell.textContent : key === '' ? null : Number(key) };
        });
        rows.sort(function (a, b) {
          if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
          var order = typeof a.key === 'number' && typeof b.key === 'number'
            ? (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
            : String(a.key).localeCompare(String(b.key), 'en', { numeric: true });
          return down ? -order : order;
        });
        rows.forEach(function (entry) { table.tBodies[0].appendChild(entry.row); });
      });
    });
  });

  // Enlarged pictures: arrow keys or a click flip between the models in place.
  var pictures = document.querySelectorAll('.row');
  if (pictures.length && window.HTMLDialogElement) {
    var dialog = document.createElement('dialog');
    var large = document.createElement('img');
    var words = document.createElement('p');
    var who = document.createElement('b');
    var rest = document.createElement('span');
    words.append(who, rest);
    dialog.append(large, words);
    document.body.appendChild(dialog);
    var row = null, index = 0;
    var show = function (to) {
      var all = row.querySelectorAll('.picture');
      index = (to + all.length) % all.length;
      var image = all[index].querySelector('img');
      large.src = image.src;
      large.alt = image.alt;
      who.textContent = all[index].querySelector('b').textContent;
      rest.textContent = ' · ' + (index + 1) + ' of ' + all.length + ' · ' + row.querySelector('figcaption').textContent;
    };
    pictures.forEach(function (figure) {
      figure.querySelectorAll('.picture').forEach(function (picture, number) {
        var image = picture.querySelector('img');
        image.tabIndex = 0;
        var open = function () { row = figure; show(number); dialog.showModal(); };
        image.addEventListener('click', open);
        image.addEventListener('keydown', function (event) { if (event.key === 'Enter') open(); });
      });
    });
    large.addEventListener('click', function () { show(index + 1); });
    dialog.addEventListener('click', function (event) { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener('keydown', function (event) {
      if (event.key === 'ArrowRight') show(index + 1);
      if (event.key === 'ArrowLeft') show(index - 1);
    });
  }
})();
