(() => {
  const page = document, all = (within, selector) => [...within.querySelectorAll(selector)];
  page.documentElement.classList.add('js');
  all(page, '[data-copy]').forEach(button => button.onclick = () =>
    navigator.clipboard.writeText(button.dataset.copy).then(() => { button.textContent = 'Copied'; }));

  // A link to a number opens it.
  const opened = page.getElementById(location.hash.slice(1));
  if (opened && opened.showPopover && opened.hasAttribute('popover')) opened.showPopover();

  // A chart as PNG: its SVG is complete in itself, so it is drawn as it is, in the light colours.
  all(page, '[data-png]').forEach(button => button.onclick = () => {
    const svg = button.closest('figure').querySelector('svg').cloneNode(true);
    const [, , width, height] = svg.getAttribute('viewBox').split(' ').map(Number);
    svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
    svg.setAttribute('width', 2 * width); svg.setAttribute('height', 2 * height);
    const picture = new Image();
    picture.onload = () => {
      const canvas = page.createElement('canvas'), pen = canvas.getContext('2d');
      canvas.width = 2 * width; canvas.height = 2 * height;
      pen.fillStyle = '#fff'; pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(picture, 0, 0);
      canvas.toBlob(content => {
        const link = page.createElement('a');
        link.href = URL.createObjectURL(content); link.download = button.dataset.png + '.png'; link.click();
      });
    };
    picture.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(new XMLSerializer().serializeToString(svg));
  });

  // Tables: a head sorts its column, a field keeps the rows that contain its words.
  const value = cell => {
    const found = cell && cell.querySelector('data'), text = cell ? cell.textContent.trim() : '';
    return found ? Number(found.value) : text;
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
    if (body.rows.length < 12) return;
    const label = page.createElement('label'), field = page.createElement('input');
    label.className = 'filter'; field.type = 'search';
    label.append('Show rows with ', field); table.parentNode.before(label);
    field.oninput = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      [...body.rows].forEach(row => { row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word)); });
    };
  });
})();
