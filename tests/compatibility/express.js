// As much of Express as the published receivers use, so that they run with Node alone.
const http = require("node:http");

module.exports = () => {
  const parsers = [];
  const routes = {};
  const app = {
    use: (path, parser) => parsers.push([path, parser]),
    post: (path, ...handlers) => (routes[path] = handlers),
    listen: (port, ready) => http.createServer(serve).listen(port, ready),
  };

  function serve(request, response) {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      request.rawBody = Buffer.concat(chunks);
      const before = parsers.filter(([path]) => request.url.startsWith(path));
      const handlers = [...before.map(([, parser]) => parser), ...(routes[request.url] ?? [])];
      response.status = (code) => Object.assign(response, { statusCode: code });
      response.send = (text) => response.end(text);
      try {
        if (!routes[request.url]) return response.status(404).end();
        for (const handler of handlers) handler(request, response, () => {});
      } catch (error) {
        console.error(error);
        response.status(500).end();
      }
    });
  }
  return app;
};

module.exports.raw = ({ type }) => (request) => {
  const sent = (request.headers["content-type"] ?? "").split(";")[0];
  request.body = sent === type ? request.rawBody : {};
};
