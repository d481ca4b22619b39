(() => {
  const page = document, all = (within, selector) => [...within.querySelectorAll(selector)];
  all(page, '[data-copy]').forEach(button => button.onclick = () =>
    navigator.clipboard.writeText(button.dataset.copy).then(() => { button.textContent = 'Copied'; }));

  // A link to a number opens it.
  const opened = page.getElementById(location.hash.slice(1));
  if (opened && opened.showPopover && opened.hasAttribute('popover')) opened.showPopover();

  // A chart as PNG: title, drawing in the light colours, sources.
  all(page, '[data-png]').forEach(button => button.onclick = () => {
    const figure = button.closest('figure'), svg = figure.querySelector('svg.wide').cloneNode(true);
    const [, , width, height] = svg.getAttribute('viewBox').split(' ').map(Number);
    svg.querySelectorAll('style').forEach(style => { style.textContent = style.textContent.split('@media')[0]; });
    svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
    svg.setAttribute('width', 2 * width); svg.setAttribute('height', 2 * height);
    const picture = new Image();
    picture.onload = () => {
      const canvas = page.createElement('canvas'), pen = canvas.getContext('2d');
      canvas.width = 2 * width; canvas.height = 2 * height + 150;
      pen.fillStyle = '#fff'; pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(picture, 0, 100);
      const write = (text, font, y) => { pen.font = font; pen.fillText(text, 16, y, canvas.width - 32); };
      pen.fillStyle = '#1a1a1a';
      write(figure.querySelector('figcaption b').textContent, 'bold 30px sans-serif', 40);
      write(figure.querySelector('figcaption span').textContent, '22px sans-serif', 76);
      write(page.querySelector('[data-origin]').dataset.origin, '20px sans-serif', canvas.height - 20);
      canvas.toBlob(content => {
        const link = page.createElement('a');
        link.href = URL.createObjectURL(content); link.download = button.dataset.png + '.png'; link.click();
      });
    };
    picture.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(new XMLSerializer().serializeToString(svg));
  });

  // Tables: a head sorts its column, a field keeps the rows that contain its words.
  const value = cell => {
    const found = cell && cell.querySelector('data'), date = cell && cell.querySelector('time');
    return found ? Number(found.value) : date ? date.dateTime : cell ? cell.textContent.trim() : '';
  };
  all(page, 'table.sortable').forEach(table => {
    const body = table.tBodies[0], heads = all(table.tHead, 'th');
    heads.forEach((head, column) => {
      const button = page.createElement('button');
      button.type = 'button'; button.append(...head.childNodes); head.append(button);
      button.onclick = () => {
        const down = head.getAttribute('aria-sort') === 'ascending';
        heads.forEach(other => other.removeAttribute('aria-sort'));
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        const order = (a, b) => {
          const one = value(a.cells[column]), two = value(b.cells[column]);
          if (typeof one !== typeof two) return typeof one === 'number' ? -1 : 1;  // numbers first, gaps last
          const step = typeof one === 'number' ? one - two : one.localeCompare(two, 'en');
          return down ? -step : step;
        };
        body.append(...[...body.rows].sort(order));
      };
    });
    if (body.rows.length <= 16) return;
    const label = page.createElement('label'), field = page.createElement('input');
    label.className = 'filter'; field.type = 'search';
    label.append('Show rows with ', field); table.parentNode.before(label);
    field.oninput = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      [...body.rows].forEach(row => { row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word)); });
    };
  });
})();
