# Asio, Beast and the JSON library, their templates and inline functions instantiated once.
# Nothing of this is ours: no warnings, no checks for undefined behaviour.

set(heavy ${PROJECT_BINARY_DIR}/heavy_headers)

# Three sources, so that none needs more than 400 MB to compile.
file(CONFIGURE OUTPUT ${heavy}/asio.cpp CONTENT "#include <boost/asio/impl/src.hpp>\n")
file(CONFIGURE OUTPUT ${heavy}/asio_ssl.cpp CONTENT "#include <boost/asio/ssl/impl/src.hpp>\n")
file(CONFIGURE OUTPUT ${heavy}/beast.cpp CONTENT "#include <boost/beast/src.hpp>\n")
add_library(asio_impl STATIC ${heavy}/asio.cpp ${heavy}/asio_ssl.cpp ${heavy}/beast.cpp)
target_compile_definitions(asio_impl PUBLIC
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(asio_impl PUBLIC Boost::headers OpenSSL::SSL Threads::Threads)
target_compile_options(asio_impl PRIVATE -w)

# A header that stands in front of the library's own, under the same name: includes it, and says which of its templates
# are compiled elsewhere.
file(CONFIGURE OUTPUT ${heavy}/include/nlohmann/json.hpp @ONLY CONTENT
"#pragma once
#pragma GCC system_header
#include_next <nlohmann/json.hpp>
#include <string>
#include <string_view>
#ifndef JSON_CLASSES
#define JSON_CLASSES extern
#endif
#ifndef JSON_PARSERS
#define JSON_PARSERS extern
#endif
namespace nlohmann {
JSON_CLASSES template class detail::serializer<json>;
JSON_CLASSES template class basic_json<>;
JSON_PARSERS template json json::parse(std::string&, const parser_callback_t, const bool, const bool);
JSON_PARSERS template json json::parse(const std::string&, const parser_callback_t, const bool, const bool);
JSON_PARSERS template json json::parse(std::string&&, const parser_callback_t, const bool, const bool);
JSON_PARSERS template json json::parse(std::string_view&, const parser_callback_t, const bool, const bool);
JSON_PARSERS template json json::parse(const std::string_view&, const parser_callback_t, const bool, const bool);
}
")
file(CONFIGURE OUTPUT ${heavy}/json_classes.cpp CONTENT "#define JSON_CLASSES\n#include <nlohmann/json.hpp>\n")
file(CONFIGURE OUTPUT ${heavy}/json_parsers.cpp CONTENT "#define JSON_PARSERS\n#include <nlohmann/json.hpp>\n")
add_library(json_impl STATIC ${heavy}/json_classes.cpp ${heavy}/json_parsers.cpp)
target_include_directories(json_impl SYSTEM BEFORE PUBLIC ${heavy}/include)
target_link_libraries(json_impl PUBLIC nlohmann_json::nlohmann_json)
target_compile_options(json_impl PRIVATE -w)
