# Runs a config.ru without Rack: HTTP/1.1 from the standard library alone, one request at a time.
require "socket"
require "stringio"

def run(app)
  $app = app
end

load ARGV[0]

server = TCPServer.new("127.0.0.1", Integer(ENV.fetch("PORT")))
loop do
  client = server.accept
  begin
    client.gets
    env = {}
    while (line = client.gets) && line != "\r\n"
      name, value = line.chomp.split(": ", 2)
      env["HTTP_#{name.upcase.tr('-', '_')}"] = value
    end
    body = client.read(env["HTTP_CONTENT_LENGTH"].to_i)
    env["rack.input"] = StringIO.new(body)
    status, = $app.call(env)
  rescue StandardError => error
    warn error.full_message
    status = 500
  end
  client.write("HTTP/1.1 #{status} X\r\nConnection: close\r\n\r\n")
  client.close
end
